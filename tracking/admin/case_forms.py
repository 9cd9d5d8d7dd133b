"""What people fill in when they act on cases. Each form ends in the keyword arguments of its operation."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils import timezone

from tracking.admin.reader import Reader
from tracking.models import ExceptionCase, Team
from tracking.privacy import masking
from tracking.shipments.care import WITHOUT_CENTS
from tracking.vocabulary import CareLevel, NotExceptionReason, Outcome, WaitingParty

MORNING = 9  # "tomorrow" means the reader's nine o'clock
MINUTE = "%Y-%m-%dT%H:%M"
ENDED_BY_ITSELF = {Outcome.CLEARED_ITSELF}  # the engine says this, people do not


class CaseForm(forms.Form):
    """Ground of all: knows the reader, and reads and writes times in the reader's zone."""

    required_css_class = "required"

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        self.reader = reader
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}_%s", **kwargs})

    @classmethod
    def read(cls, request: HttpRequest, who: Reader) -> "CaseForm":
        """The form as it was sent."""
        return cls(request.POST, reader=who)

    @classmethod
    def blank(cls, who: Reader, case: ExceptionCase | None = None) -> "CaseForm":
        """An empty form, filled with what is known of the case."""
        return cls(reader=who, initial=cls.known(who, case) if case else {})

    @staticmethod
    def known(who: Reader, case: ExceptionCase) -> dict[str, Any]:
        """First values for a case."""
        return {}

    def full_clean(self) -> None:
        """Check what was sent; times without zone are the reader's."""
        with timezone.override(self.reader.zone):
            super().full_clean()

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the operation. Only of a valid form."""
        return {}

    def said(self) -> list[tuple[str, str]]:
        """What was filled in, as label and text: shown when somebody else was quicker."""
        return [
            (str(self[name].label), self[name].field.prepare_value(self[name].value()) or "")
            for name in self.fields
            if self[name].value()
        ]


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of date and time; plain text where there is none."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=MINUTE)


def moment_field(**options: Any) -> forms.DateTimeField:
    """A moment to the minute."""
    return forms.DateTimeField(widget=MomentInput(), input_formats=[MINUTE, "%Y-%m-%d %H:%M"], **options)


class AssignForm(CaseForm):
    """To whom: a person, or a team without an owner."""

    owner: "forms.ModelChoiceField[Any]" = forms.ModelChoiceField(
        queryset=None, required=False, label="Person", empty_label="Nobody yet"
    )
    team: "forms.ModelChoiceField[Any]" = forms.ModelChoiceField(
        queryset=None, required=False, label="Team", empty_label="The person's, or as it is"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = get_user_model().objects.filter(is_active=True, memberships__isnull=False)
        self.fields["owner"].queryset = people.distinct().order_by("username")  # type: ignore[attr-defined]
        self.fields["team"].queryset = Team.objects.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of the two is needed."""
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("owner") and not cleaned.get("team"):
            self.add_error("owner", "Choose a person or a team.")
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """`owner` and `team`."""
        return {"owner": self.cleaned_data["owner"], "team": self.cleaned_data["team"]}


class WaitForm(CaseForm):
    """On what and until when; a scan may end it too."""

    SPANS = (("2h", "For 2 h"), ("4h", "For 4 h"), ("1d", "Until tomorrow 09:00"), ("3d", "For 3 days, 09:00"))
    span = forms.ChoiceField(
        choices=[("", "Until a set time, or a scan"), *SPANS], required=False, label="How long", initial="1d"
    )
    until = moment_field(required=False, label="Set time")
    waiting_party = forms.ChoiceField(
        choices=[("", "Nobody in particular"), *WaitingParty.choices], required=False, label="On whom"
    )
    waiting_on = forms.CharField(max_length=120, required=False, label="For what", help_text="In your words.")
    for_scan = forms.BooleanField(required=False, label="Come back at the next scan")

    def clean(self) -> dict[str, Any]:
        """Some end is needed, and it lies ahead."""
        cleaned = super().clean() or {}
        until = self._until(cleaned)
        if not self.errors and until is None and not cleaned.get("for_scan"):
            self.add_error("until", "Say until when to wait, or wait for the next scan.")
        if until is not None and until <= self.reader.now:
            self.add_error("until", "This time lies in the past.")
        return {**cleaned, "until": until}

    def _until(self, cleaned: dict[str, Any]) -> datetime | None:
        if cleaned.get("until"):
            return cleaned["until"]
        span = cleaned.get("span") or ""
        if span.endswith("h"):
            return self.reader.now + timedelta(hours=int(span[:-1]))
        if span.endswith("d"):
            day = self.reader.local(self.reader.now) + timedelta(days=int(span[:-1]))
            return day.replace(hour=MORNING, minute=0, second=0, microsecond=0)
        return None

    def arguments(self) -> dict[str, Any]:
        """`until`, `waiting_party`, `waiting_on`, `for_scan`."""
        return {name: self.cleaned_data[name] for name in ("until", "waiting_party", "waiting_on", "for_scan")}


class NoteForm(CaseForm):
    """Words for colleagues."""

    note = forms.CharField(
        max_length=5000, label="Note", widget=forms.Textarea(attrs={"rows": 3}), help_text="Colleagues read this."
    )

    def arguments(self) -> dict[str, Any]:
        """`note`."""
        return {"note": self.cleaned_data["note"]}


class NextActionForm(CaseForm):
    """What is done next, and by when."""

    text = forms.CharField(max_length=300, label="Next action")
    due_at = moment_field(label="Due")

    @staticmethod
    def known(who: Reader, case: ExceptionCase) -> dict[str, Any]:
        """What stands now, unless it names a person's address; a due time that has passed is proposed two hours on."""
        text = case.next_action if masking.text(case.next_action) == case.next_action else ""
        due = max(case.next_action_due_at, who.now + timedelta(hours=2))
        return {"text": text, "due_at": who.local(due).strftime(MINUTE)}

    def clean_due_at(self) -> datetime:
        """It lies ahead."""
        due: datetime = self.cleaned_data["due_at"]
        if due <= self.reader.now:
            raise forms.ValidationError("This time lies in the past.")
        return due

    def arguments(self) -> dict[str, Any]:
        """`text` and `due_at`."""
        return {"text": self.cleaned_data["text"], "due_at": self.cleaned_data["due_at"]}


class ResolveForm(CaseForm):
    """How it ended."""

    outcome = forms.ChoiceField(
        choices=[("", "Choose how it ended"), *((o.value, o.label) for o in Outcome if o not in ENDED_BY_ITSELF)]
    )
    reason = forms.ChoiceField(
        choices=[("", "—"), *NotExceptionReason.choices], required=False, label="If it is not an exception, why"
    )
    cost = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2, required=False, label="What it cost us")
    currency = forms.CharField(max_length=3, required=False, label="Currency of the cost")
    note = forms.CharField(max_length=500, required=False, label="Note", widget=forms.Textarea(attrs={"rows": 2}))

    @staticmethod
    def known(who: Reader, case: ExceptionCase) -> dict[str, Any]:
        """The currency of the order."""
        return {"currency": case.order.currency if case.order else ""}

    def clean(self) -> dict[str, Any]:
        """Saying that it is no exception needs a reason, so that the rule can be mended; a cost needs its currency."""
        cleaned = super().clean() or {}
        is_said = cleaned.get("note", "").strip() or cleaned.get("reason", "") not in ("", NotExceptionReason.OTHER)
        if cleaned.get("outcome") == Outcome.NOT_AN_EXCEPTION and not is_said:
            self.add_error("note", "Say why it is not an exception.")
        if cleaned.get("cost") is not None and len(cleaned.get("currency", "")) != 3:
            self.add_error("currency", "Give the currency as three letters, such as EUR.")
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """`outcome`, `note`, `reason`, `cost_minor` and `currency`."""
        said = {name: self.cleaned_data[name] for name in ("outcome", "note", "reason")}
        cost, currency = self.cleaned_data["cost"], self.cleaned_data["currency"].upper()
        if cost is None:
            return said
        return {**said, "cost_minor": int(cost * (1 if currency in WITHOUT_CENTS else 100)), "currency": currency}


class CareForm(CaseForm):
    """How much care the parcel gets, and why."""

    care_level = forms.ChoiceField(choices=CareLevel.choices, label="Care", initial=CareLevel.HIGH)
    note = forms.CharField(max_length=300, required=False, label="Why", widget=forms.Textarea(attrs={"rows": 2}))

    def arguments(self) -> dict[str, Any]:
        """`care_level` and `note`."""
        return {"care_level": self.cleaned_data["care_level"], "note": self.cleaned_data["note"]}


class ReopenForm(CaseForm):
    """Why it is open again."""

    note = forms.CharField(max_length=500, label="Why", widget=forms.Textarea(attrs={"rows": 2}))

    def arguments(self) -> dict[str, Any]:
        """`note`."""
        return {"note": self.cleaned_data["note"]}
