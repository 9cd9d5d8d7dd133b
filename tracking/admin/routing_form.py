"""The form of one routing rule: what an editor fills in, to and from a rule of a drafted rule set."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import User

from tracking.models import Carrier, RoutingRule, Service, Team, Warehouse
from tracking.routing.rule_sets import NOTHING, RuleContent
from tracking.vocabulary import CareLevel, CauseFamily, Severity, SignalKind

Strategy = RoutingRule.Strategy
HUNDRED = Decimal(100)
LINKED = ("carrier", "service", "warehouse", "team", "person")


class Boxes(forms.CheckboxSelectMultiple):
    """Several of a short list; none means any."""


class RuleForm(forms.Form):
    """One rule. What contradicts the whole set is said on its page, so that a draft may be unfinished."""

    name = forms.CharField(max_length=120, label="Name")
    is_active = forms.BooleanField(required=False, label="Switched on", initial=True)
    kinds = forms.MultipleChoiceField(choices=SignalKind.choices, required=False, widget=Boxes, label="Kind")
    severities = forms.MultipleChoiceField(choices=Severity.choices, required=False, widget=Boxes, label="Severity")
    causes = forms.MultipleChoiceField(choices=CauseFamily.choices, required=False, widget=Boxes, label="Cause")
    carrier: "forms.ModelChoiceField[Carrier]" = forms.ModelChoiceField(
        Carrier.objects.all(), required=False, empty_label="Any carrier"
    )
    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        Service.objects.select_related("carrier"), required=False, empty_label="Any service"
    )
    warehouse: "forms.ModelChoiceField[Warehouse]" = forms.ModelChoiceField(
        Warehouse.objects.all(), required=False, empty_label="Any warehouse"
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}$", required=False, label="Ship-to country", help_text="Two letters, like US; empty: any."
    )
    care_level = forms.ChoiceField(choices=[("", "Any care level"), *CareLevel.choices], required=False)
    minimum = forms.DecimalField(min_value=0, decimal_places=2, required=False, label="Order total from")
    maximum = forms.DecimalField(min_value=0, decimal_places=2, required=False, label="Order total up to")
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$", required=False, label="in currency", help_text="Three letters, like USD."
    )
    tags = forms.CharField(
        required=False, label="Order tags", help_text="One of these, separated by commas; empty: any."
    )
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(Team.objects.all(), empty_label="Choose a team")
    strategy = forms.ChoiceField(choices=Strategy.choices, label="Owner")
    person: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        User.objects.filter(is_active=True, memberships__isnull=False).distinct().order_by("username"),
        required=False,
        empty_label="Nobody in particular",
        help_text="Only with “One person”. Whoever it is becomes owner only while on shift.",
    )

    def __init__(self, *args: Any, is_last: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_last:
            for name in (*NOTHING, "is_active"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """A person only where one is asked for."""
        cleaned = super().clean() or {}
        if cleaned.get("strategy") == Strategy.PERSON and not cleaned.get("person"):
            self.add_error("person", "Choose the person.")
        return cleaned

    def rule(self, before: RuleContent) -> RuleContent:
        """The rule as filled in, on top of what it was; only of a valid form."""
        filled = dict(self.cleaned_data)
        for name in LINKED:
            if name in filled:
                filled[name] = filled[name].pk if filled[name] else None
        if filled["strategy"] != Strategy.PERSON:
            filled["person"] = None
        if "tags" in filled:
            filled["tags"] = list(dict.fromkeys(tag.strip() for tag in filled["tags"].split(",") if tag.strip()))
            filled["country"], filled["currency"] = filled["country"].upper(), filled["currency"].upper()
            for name in ("minimum", "maximum"):
                filled[name] = None if filled[name] is None else int(filled[name] * HUNDRED)
        return {**before, **filled}


def initial_of(rule: RuleContent) -> dict[str, Any]:
    """What the form shows of a rule at first."""
    totals = {name: None if rule[name] is None else Decimal(rule[name]) / HUNDRED for name in ("minimum", "maximum")}
    return {**rule, **totals, "tags": ", ".join(rule["tags"])}
