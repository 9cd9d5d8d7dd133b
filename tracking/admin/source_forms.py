"""Forms of sources, built from what a connector says it needs. Secrets are never put into a page."""

from typing import Any

from django import forms
from django.core.validators import validate_slug

from tracking.connectors.contract import Connector, SettingField
from tracking.models import Source
from tracking.vocabulary import ORIGIN_PRECEDENCE, Origin

SHOWN_OF_SECRET = 4
LONG_ENOUGH = 12


def ends_in(secret: str) -> str:
    """How a secret is spoken of: "set, ends in 3f2a"; short ones only "set"; "" when there is none."""
    if not secret:
        return ""
    last = secret.strip()[-SHOWN_OF_SECRET:]
    return f"set, ends in {last}" if len(secret) >= LONG_ENOUGH else "set"


class SettingsForm(forms.Form):
    """All settings of one connector. An empty secret keeps the stored one."""

    def __init__(self, connector: Connector, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connector = connector
        for setting in connector.setting_fields:
            self.fields[setting.key] = _field(setting, source)

    def values(self) -> dict[str, str]:
        """What to store: every plain setting, and the secrets that were typed."""
        typed = {setting: self.cleaned_data[setting.key] for setting in self.connector.setting_fields}
        return {setting.key: value for setting, value in typed.items() if value or not setting.is_secret}


class StandingForm(forms.Form):
    """What people decide about a source that its connector has no say in."""

    name = forms.CharField(label="Name", max_length=120, required=False)
    precedence = forms.TypedChoiceField(
        label="Whose word counts more when sources disagree",
        choices=[("", "as its kind says"), *((rank, Origin(code).label) for code, rank in ORIGIN_PRECEDENCE.items())],
        coerce=int,
        empty_value=None,
        required=False,
    )
    calls_allowed = forms.IntegerField(
        label="Calls allowed",
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text="Empty or 0: as the vendor says.",
    )
    period_seconds = forms.IntegerField(
        label="in how many seconds",
        min_value=0,
        max_value=86_400,
        required=False,
        help_text="Empty or 0: as the vendor says.",
    )

    def decisions(self) -> dict[str, Any]:
        """What to store."""
        told = self.cleaned_data
        whole = {name: told[name] or 0 for name in ("calls_allowed", "period_seconds")}
        return {"name": told["name"], "precedence": told["precedence"], **whole}


class NewSourceForm(forms.Form):
    """What every new source has, whatever its kind."""

    name = forms.CharField(label="Name", max_length=120, help_text="As people see it: FedEx account East.")
    slug = forms.CharField(
        label="Slug",
        max_length=64,
        validators=[validate_slug],
        help_text="Part of the webhook address; lower-case letters, digits and dashes. It cannot be changed later.",
    )
    store = forms.CharField(
        label="Store",
        max_length=120,
        required=False,
        help_text="The shop front it belongs to; a new name makes a new store.",
    )

    def clean_slug(self) -> str:
        """A slug belongs to one source for ever."""
        slug: str = self.cleaned_data["slug"]
        if Source.objects.filter(slug=slug).exists():
            raise forms.ValidationError(f'There is a source "{slug}" already; choose another slug.')
        return slug


def _field(setting: SettingField, source: Source | None) -> forms.CharField:
    stored = source.all_settings().get(setting.key, "") if source and not source.is_sealed else ""
    if setting.is_secret:
        told = ends_in(stored)
        state = f"{told.capitalize()}. Leave empty to keep it." if told else "Not set."
        widget: forms.Widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})
        return forms.CharField(
            label=setting.label, required=False, widget=widget, help_text=f"{state} {setting.help}".strip()
        )
    default = f"Empty means {setting.default}." if setting.default else ""
    return forms.CharField(
        label=setting.label, required=False, initial=stored, help_text=f"{setting.help} {default}".strip()
    )
