"""Forms of teams and absences: what their models alone cannot refuse."""

from typing import Any, ClassVar

from django import forms

from tracking.admin.configuration_forms import ZoneForm
from tracking.models import Absence, Team


class TeamForm(ZoneForm):
    """A team; a partner names the team of ours that owns the next action of its cases."""

    class Meta:
        model = Team
        fields: ClassVar[list[str]] = [
            "name", "slug", "time_zone", "country", "is_external", "internal_team", "email", "slack_channel",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A partner has an internal team, and that is one of ours."""
        cleaned = super().clean() or {}
        inner = cleaned.get("internal_team")
        if cleaned.get("is_external") and inner is None:
            self.add_error("internal_team", "Name the team of ours whose people own the next action of its cases.")
        elif inner is not None and not cleaned.get("is_external"):
            self.add_error("internal_team", "Only a partner has an internal team.")
        elif inner is not None and (inner.is_external or inner.pk == self.instance.pk):
            self.add_error("internal_team", "It has to be a team of ours, not a partner.")
        return cleaned


class AbsenceForm(forms.ModelForm):
    """A time away, with a deputy who is somebody else."""

    class Meta:
        model = Absence
        fields: ClassVar[list[str]] = ["user", "starts_at", "ends_at", "deputy", "note"]

    def clean(self) -> dict[str, Any]:
        """Nobody is their own deputy."""
        cleaned = super().clean() or {}
        if cleaned.get("deputy") and cleaned["deputy"] == cleaned.get("user"):
            self.add_error("deputy", "The deputy is somebody else.")
        return cleaned
