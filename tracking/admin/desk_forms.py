"""Forms of the case page for promises and macros."""

from typing import Any

from django import forms

from tracking.admin.case_forms import CaseForm, moment_field
from tracking.admin.reader import Reader
from tracking.models import ExceptionCase, Macro
from tracking.vocabulary import PromiseState, PromiseSubject

ENDINGS = [(state.value, state.label) for state in PromiseState if state != PromiseState.OPEN]


class PromiseForm(CaseForm):
    """What the customer was promised, and until when."""

    subject = forms.ChoiceField(choices=PromiseSubject.choices, label="What")
    text = forms.CharField(
        max_length=300, label="In your words", help_text="As you told the customer. It becomes the next action."
    )
    due_at = moment_field(label="By")

    def clean_due_at(self) -> Any:
        """It lies ahead."""
        due = self.cleaned_data["due_at"]
        if due <= self.reader.now:
            raise forms.ValidationError("This time lies in the past.")
        return due

    def arguments(self) -> dict[str, Any]:
        """`subject`, `text` and `due_at`."""
        return {name: self.cleaned_data[name] for name in ("subject", "text", "due_at")}


class EndPromiseForm(CaseForm):
    """How the promise ended."""

    state = forms.ChoiceField(choices=ENDINGS, label="The promise was")
    note = forms.CharField(max_length=300, required=False, label="Note")

    def arguments(self) -> dict[str, Any]:
        """`state` and `note`."""
        return {"state": self.cleaned_data["state"], "note": self.cleaned_data["note"]}


class MacroForm(CaseForm):
    """Which macro; those for this kind of case are offered."""

    macro = forms.TypedChoiceField(coerce=int, label="Macro", choices=())

    def __init__(self, *args: Any, case: ExceptionCase | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = getattr(case, "macros", None)
        if rows is None:
            rows = list(Macro.objects.filter(is_active=True).values("id", "name", "kinds"))
        offered = [row for row in rows if case is None or not row["kinds"] or case.kind in row["kinds"]]
        self.fields["macro"].choices = [(row["id"], row["name"]) for row in offered]  # type: ignore[attr-defined]

    @property
    def has_any(self) -> bool:
        """True if there is one to choose."""
        return bool(self.fields["macro"].choices)  # type: ignore[attr-defined]

    @classmethod
    def blank(cls, who: Reader, case: ExceptionCase | None = None) -> "CaseForm":
        """An empty form with the macros for this kind of case."""
        return cls(reader=who, case=case)

    def arguments(self) -> dict[str, Any]:
        """`macro_id`."""
        return {"macro_id": self.cleaned_data["macro"]}
