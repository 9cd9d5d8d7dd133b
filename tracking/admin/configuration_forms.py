"""Forms of configuration rows that need more than their model: choices for lists, checks of names."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from tracking.detectors.presets import WINDOWS
from tracking.models import Macro, WindowPolicy
from tracking.vocabulary import CaseState, SignalKind

WINDOW_CHOICES = [(name, name) for name in dict.fromkeys(row.window for row in WINDOWS)]
WEEKDAYS = (
    (0, "Monday"),
    (1, "Tuesday"),
    (2, "Wednesday"),
    (3, "Thursday"),
    (4, "Friday"),
    (5, "Saturday"),
    (6, "Sunday"),
)


class ZoneForm(forms.ModelForm):
    """Refuses a time zone nobody knows: times would be shown and due in the wrong hour."""

    def clean_time_zone(self) -> str:
        """An IANA name."""
        zone: str = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise forms.ValidationError(f'"{zone}" is no time zone. Names look like America/New_York or Europe/Berlin.')
        return zone


class LinesField(SimpleArrayField):
    """A list of texts, one a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("delimiter", "\n")
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> list[Any]:
        """Empty lines are nothing."""
        lines = [line.strip() for line in str(value or "").splitlines()]
        return list(super().clean("\n".join(line for line in lines if line)))


class ServiceForm(forms.ModelForm):
    """A service with the names vendors use."""

    aliases = LinesField(
        forms.CharField(max_length=120),
        required=False,
        help_text="Names that vendors use for this service, one a line.",
    )


class WarehouseForm(ZoneForm):
    """A warehouse with its other names and closed days."""

    aliases = LinesField(
        forms.CharField(max_length=120), required=False, help_text="Ids and names that vendors use for it, one a line."
    )
    closed_days = LinesField(
        forms.DateField(), required=False, help_text="Days without pickup, one a line: 2026-12-25."
    )


class WeekdayForm(forms.ModelForm):
    """A row with a weekday, by name."""

    weekday = forms.TypedChoiceField(coerce=int, choices=WEEKDAYS, widget=UnfoldAdminSelectWidget)


class CutoffFormSet(forms.BaseInlineFormSet):
    """The pickup days of a warehouse: at least one."""

    def clean(self) -> None:
        """Refuse a calendar without open days: nothing would ever be handed over."""
        super().clean()
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not any(self.errors) and not kept:
            raise forms.ValidationError("Give at least one weekday with a pickup: a calendar needs an open day.")


class HoursForm(WeekdayForm):
    """Hours of one weekday; they end after they begin."""

    def clean(self) -> dict[str, Any]:
        """Refuse hours that cross midnight or have no length."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and start >= end:
            self.add_error("end", "They must end after they begin, on the same day.")
        return cleaned


class MacroForm(forms.ModelForm):
    """A macro with the kinds of case it is offered for."""

    kinds = forms.MultipleChoiceField(
        choices=SignalKind.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None: offered for every kind.",
    )

    class Meta:
        model = Macro
        fields: ClassVar[list[str]] = [
            "name", "position", "is_active", "kinds", "note", "next_action", "due_hours", "state", "waiting_party",
            "waits_for_scan", "outcome",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A macro that does nothing, or waits without an end, is refused."""
        cleaned = super().clean() or {}
        if not any(cleaned.get(name) for name in ("note", "next_action", "state")):
            raise forms.ValidationError("Give a note, a next action or a state: this macro does nothing.")
        if cleaned.get("state") == CaseState.WAITING and not (
            cleaned.get("due_hours") or cleaned.get("waits_for_scan")
        ):
            self.add_error("due_hours", "Say for how many working hours to wait, or wait for the next scan.")
        return cleaned


class WindowForm(forms.ModelForm):
    """A window of one kind."""

    window = forms.ChoiceField(choices=WINDOW_CHOICES, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = WindowPolicy
        fields: ClassVar[list[str]] = [
            "kind", "window", "days", "is_clock", "care_level", "international", "carrier", "service", "warehouse",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A window belongs to the kind whose name it begins with."""
        cleaned = super().clean() or {}
        kind, window = cleaned.get("kind", ""), cleaned.get("window", "")
        if kind and window and window.partition(".")[0] != kind:
            own = ", ".join(name for name, _ in WINDOW_CHOICES if name.partition(".")[0] == kind) or "none"
            self.add_error("window", f"This kind of exception has other windows: {own}.")
        return cleaned
