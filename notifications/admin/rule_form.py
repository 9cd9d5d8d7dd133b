"""The form of one message rule: what an editor fills in, to and from a rule of a drafted set."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from django import forms

from notifications.channels.registry import channel_choices
from notifications.facts import address_of
from notifications.rules.contract import Conditions, Rule
from notifications.rules.sentence import NEWS, sentence_words, template_words
from notifications.vocabulary import Approval, Audience, Mode, Purpose
from tracking.models import Carrier, Store
from tracking.vocabulary import CareLevel, Reason, Severity, ShipmentStatus, SignalKind

HUNDRED = Decimal(100)
LONGEST_WAIT = 60 * 24 * 14


class Boxes(forms.CheckboxSelectMultiple):
    """Several of a list."""


class CommaField(forms.CharField):
    """Several words, separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        """As one line."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        """Each word once, in order."""
        text = super().clean(value)
        return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def several(choices: Iterable[tuple[str, str]], label: str, help_text: str = "") -> forms.MultipleChoiceField:
    """A field of boxes of which none need be ticked."""
    return forms.MultipleChoiceField(
        choices=list(choices), required=False, widget=Boxes, label=label, help_text=help_text
    )


def minutes(label: str, help_text: str = "") -> forms.IntegerField:
    """A wait in minutes, at most two weeks."""
    return forms.IntegerField(
        min_value=0, max_value=LONGEST_WAIT, required=False, initial=0, label=label, help_text=help_text
    )


class RuleForm(forms.Form):
    """One rule. What contradicts the set or a template is said on the draft's page."""

    name = forms.CharField(max_length=80, label="Name")
    mode = forms.ChoiceField(choices=Mode.choices, label="State")
    news = forms.MultipleChoiceField(choices=list(NEWS.items()), widget=Boxes, label="News", help_text="at least one")
    sentences = several((), "The customer's page says", "none ticked: anything")
    statuses = several(ShipmentStatus.choices, "Status of the parcel")
    reasons = several(Reason.choices, "The carrier's reason")
    case_kinds = several(SignalKind.choices, "Kind of the case")
    severities = several(Severity.choices, "Severity of the case")
    carriers = several((), "Carrier")
    stores = several((), "Store")
    services = CommaField(required=False, label="Services", help_text="Names, separated by commas; empty: any.")
    countries = CommaField(required=False, label="Countries", help_text="Two letters each: US, MX; empty: any.")
    care_level = forms.ChoiceField(choices=[("", "Any"), *CareLevel.choices], required=False, label="Care level")
    minimum = forms.DecimalField(min_value=0, decimal_places=2, required=False, label="Order total from")
    maximum = forms.DecimalField(min_value=0, decimal_places=2, required=False, label="Order total up to")
    audience = forms.ChoiceField(choices=Audience.choices, label="To")
    addresses = CommaField(
        required=False, label="Addresses", help_text="Named addresses, or names of accounts; with commas."
    )
    channel = forms.ChoiceField(choices=channel_choices, label="By")
    template = forms.ChoiceField(required=False, label="Words", help_text="Services and rules that are off need none.")
    purpose = forms.ChoiceField(choices=Purpose.choices, label="Purpose", help_text="What customers may refuse.")
    topic = forms.CharField(
        max_length=70,
        label="Once for each",
        help_text="A name; {attempts}, {estimate}, {day}, {kind} or {case} in it let it be said again for each.",
    )
    needs_scan = forms.BooleanField(required=False, label="Never before the first scan of the parcel itself")
    held_by = several(SignalKind.choices, "Not while such a case is open")
    delay_minutes = minutes("Wait, minutes", "So that newer truth can replace it.")
    quiet_from = forms.TimeField(required=False, label="Quiet from", help_text="In the customer's own time.")
    quiet_until = forms.TimeField(required=False, label="Quiet until")
    digest_minutes = minutes("Gather for, minutes", "With the order's other parcels; 0: each on its own.")
    approval = forms.ChoiceField(choices=Approval.choices, label="Approval")
    high_care_approval = forms.ChoiceField(choices=Approval.choices, label="Approval for high care")
    approval_minutes = minutes("Leaves after, working minutes", "If nobody approves.")
    ignores_cap = forms.BooleanField(required=False, label="Also when the customer had many messages today")

    def __init__(self, *args: Any, templates: list[str], patterns: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("template", [("", "none")] + [(key, template_words(key)) for key in templates])
        self._offer("sentences", [(key, sentence_words(key)) for key in sorted(set(patterns))])
        self._offer("carriers", list(Carrier.objects.values_list("code", "name")))
        self._offer("stores", [(name, name) for name in Store.objects.values_list("name", flat=True)])
        for field in ("quiet_from", "quiet_until"):
            self.fields[field].widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What belongs together is filled in together."""
        cleaned = super().clean() or {}
        if bool(cleaned.get("quiet_from")) != bool(cleaned.get("quiet_until")):
            self.add_error("quiet_until", "Quiet hours need a begin and an end.")
        named = cleaned.get("audience") == Audience.NAMED
        addresses = cleaned.get("addresses", ())
        if named and not addresses:
            self.add_error("addresses", "Name at least one address.")
        wrong = [each for each in addresses if named and not address_of(each)]
        if wrong:
            self.add_error("addresses", f"“{wrong[0]}” is no e-mail address.")
        says_nothing = cleaned.get("audience") == Audience.SYSTEM or cleaned.get("mode") == Mode.OFF
        if not cleaned.get("template") and not says_nothing:
            self.add_error("template", "Choose the words.")
        return cleaned

    def rule(self, before: Rule) -> Rule:
        """The rule as filled in, on top of what it was; only of a valid form."""
        told = self.cleaned_data
        named = {name for name in asdict(before) if name not in ("key", "conditions", "true_while")}
        own = {name: _plain(told[name]) for name in named if name in told}
        for name in ("delay_minutes", "digest_minutes", "approval_minutes"):
            own[name] = own[name] or 0
        limits: dict[str, Any] = {
            f"{name}_minor": None if told[name] is None else int(told[name] * HUNDRED)
            for name in ("minimum", "maximum")
        }
        lists = {name: _plain(told[name]) for name in asdict(Conditions()) if name in told}
        lists["countries"] = tuple(each.upper() for each in lists["countries"])
        return replace(before, **own, conditions=Conditions(**lists, **limits))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def initial_of(rule: Rule) -> dict[str, Any]:
    """What the form shows of a rule at first."""
    asked = rule.conditions
    totals = {
        name: None if minor is None else Decimal(minor) / HUNDRED
        for name, minor in (("minimum", asked.minimum_minor), ("maximum", asked.maximum_minor))
    }
    return {**asdict(rule), **asdict(asked), **totals}
