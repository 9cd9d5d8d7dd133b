"""The form of one mapping row: what it matches on, what it means, and what publishing it would do."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest

from tracking import clock
from tracking.connectors.registry import choices as connector_choices
from tracking.mapping import operations
from tracking.mapping.queries import Preview, preview, row_matching
from tracking.models import MappingVersion, StatusMapping, TrackingCode
from tracking.privacy import masking
from tracking.status.contract import MappingRow
from tracking.status.validation import validate
from tracking.vocabulary import Evidence, Milestone, Reason, Turn

MATCH = ("source_kind", "carrier", "field", "code", "subcode", "pattern")
MEANING = ("milestone", "reason", "evidence", "turn", "hint", "is_pass", "description")
_MILESTONES = [(value, label) for value, label in Milestone.choices if value != Milestone.UNMAPPED]


class MappingForm(forms.Form):
    """One row: valid when the rules of mappings accept it."""

    source_kind = forms.ChoiceField(label="Source kind", required=False)
    carrier = forms.SlugField(label="Carrier code", required=False, max_length=32, help_text="Empty: any carrier.")
    field = forms.CharField(label="Vendor field", max_length=64)
    code = forms.CharField(label="Code", max_length=120, help_text="* stands for any.")
    subcode = forms.CharField(
        label="Subcode", required=False, max_length=120, help_text="* stands for any, empty for none."
    )
    pattern = forms.CharField(
        label="Text begins with", required=False, max_length=160, help_text="Empty: whatever the text says."
    )
    milestone = forms.ChoiceField(label="Means", required=False, choices=[("", "choose"), *_MILESTONES])
    reason = forms.ChoiceField(label="Reason", required=False, choices=[("", "none"), *Reason.choices])
    evidence = forms.ChoiceField(
        label="Evidence",
        choices=Evidence.choices,
        help_text="What it proves about who holds the parcel. A milestone that moves needs a scan of the parcel.",
    )
    turn = forms.ChoiceField(label="Direction", required=False, choices=Turn.choices)
    hint = forms.BooleanField(label="Show the reason, open no case", required=False)
    is_pass = forms.BooleanField(label="Decide nothing here, go on with the next key", required=False)
    description = forms.CharField(label="In the vendor's words", required=False, max_length=300)
    note = forms.CharField(
        label="Why this change",
        required=False,
        max_length=300,
        help_text="Kept with the version, for whoever asks later.",
    )

    def __init__(self, *args: Any, row_key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row_key = row_key
        self.fields["source_kind"].choices = [("", "any"), *connector_choices()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what the rules of mappings refuse, in their words."""
        cleaned = super().clean() or {}
        if not self.errors:
            for problem in validate(self.row()):
                self.add_error(None, problem)
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the row is to say."""
        return {name: self.cleaned_data[name] for name in (*MATCH, *MEANING)}

    def row(self) -> MappingRow:
        """The row as the resolution reads it."""
        return MappingRow(id=self.row_key or "new", **self.values())

    def preview(self) -> Preview:
        """What publishing would change. Only of a valid form."""
        return preview(self.row(), replaces=self.row_key)

    def publish(self, actor: User) -> MappingVersion:
        """Publish a version with this row. A row that matches on the same thing is changed, not shadowed.

        Raises InvalidMapping, and StatusMapping.DoesNotExist when the row is no longer in force.
        """
        now, note = clock.now(), self.cleaned_data["note"]
        key = self.row_key
        if not key:
            same = row_matching(self.row())
            key = same.row_key if same else ""
        if key:
            return operations.edit_row(row_key=key, changes=self.values(), actor=actor, now=now, note=note)
        return operations.add_row(values=self.values(), actor=actor, now=now, note=note)


def of_row(request: HttpRequest, row: StatusMapping) -> MappingForm:
    """The form of a stored row."""
    initial = {name: getattr(row, name) for name in (*MATCH, *MEANING)}
    return MappingForm(request.POST or None, initial=initial, row_key=row.row_key)


def of_code(request: HttpRequest, code: TrackingCode) -> MappingForm:
    """The form of a new row for a code: matches its most decisive key, and its text where the code says too little."""
    field, value, subcode = ([*code.keys[0], "", ""] if code.keys else ["", "", ""])[:3]
    initial = {
        "source_kind": code.source_kind,
        "field": field,
        "code": value,
        "subcode": subcode,
        "pattern": "" if code.raw_code else masking.text(code.sample_text)[:160],
        "evidence": Evidence.NOT_PHYSICAL,
        "description": masking.text(code.sample_text),
    }
    return MappingForm(request.POST or None, initial=initial)
