"""Message templates: a wording in each language, drafted beside a preview with a real parcel, test-sent, published."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from notifications import drafts
from notifications.admin.base import MessagesAdmin, address, number_in
from notifications.channels.contract import Envelope, PermanentFailure, TemporaryFailure
from notifications.channels.registry import CHANNELS
from notifications.configuration import InvalidTemplate, PublishRefused, Templates, languages, problems_of
from notifications.drafts import DraftRefused, draft_called, template_key
from notifications.facts import address_of
from notifications.models import MessageDraft, TemplateVersion
from notifications.previewing import Words, parcels, shown
from notifications.queries import last_spoken_of
from notifications.rendering import VARIABLES, BrokenTemplate, Problem, Rendered
from notifications.rules.sentence import template_words
from tracking.admin.base import may, require
from tracking.admin.reader import reader
from tracking.models import Shipment
from tracking.shipments.queries import ids_by_text

LANGUAGE_NAMES = {"en": "English", "es": "Spanish"}
REFUSALS = (DraftRefused, PublishRefused, InvalidTemplate)
EMPTY = {"subject": "", "body": ""}


class WordsForm(forms.Form):
    """A wording; whether it works is said beside it, so that a draft may be unfinished."""

    subject = forms.CharField(max_length=300, required=False, label="Subject")
    body = forms.CharField(
        max_length=20_000,
        required=False,
        label="Text",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "class": "code", "spellcheck": "true"}),
        help_text="An empty line begins a paragraph, “- ” a list; [[Words]] is a button to the parcel's page.",
    )


@dataclass(frozen=True, slots=True)
class Source:
    """One line of a text with its number, marked when something is wrong in it."""

    number: int
    text: str
    is_bad: bool


@admin.register(TemplateVersion)
class TemplatesAdmin(MessagesAdmin):
    """All wordings, and the editor of one."""

    def get_urls(self) -> list[URLPattern]:
        """The editor, before the admin's own pages."""
        edit = self.admin_site.admin_view(self.edit_view)
        name = "notifications_templateversion_edit"
        return [path("edit/<slug:key>/<slug:language>/", edit, name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every template with its languages; whether somebody edits it."""
        self.may_look(request)
        found = Templates()
        drafted = set(MessageDraft.objects.values_list("key", flat=True))
        names = {each: LANGUAGE_NAMES.get(each, each) for each in languages()}
        rows = [
            (
                key,
                template_words(key),
                [(each, names[each], found.get(key, each), template_key(key, each) in drafted) for each in names],
            )
            for key in found.names()
        ]
        return self.page(request, "notifications/templates.html", "Message templates", rows=rows)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A version is shown by its editor."""
        found = TemplateVersion.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        if found is None:
            raise Http404("There is no such wording.")
        return HttpResponseRedirect(address("templateversion", "edit", found.key, found.language))

    def edit_view(self, request: HttpRequest, key: str, language: str) -> HttpResponse:
        """One wording: the draft or what is in force, its faults by line, and how it reads for a real parcel."""
        self.may_look(request)
        found = Templates()
        if key not in found.names() or language not in languages():
            raise Http404("There is no such template.")
        in_force, draft = found.get(key, language), draft_called(template_key(key, language))
        here = address("templateversion", "edit", key, language)
        words = draft.content if draft else _content(in_force)
        if request.method == "POST":
            todo = request.POST.get("do", "")
            if todo in ("publish", "discard", "roll_back"):
                return _answer(request, lambda: _carry_out(request, todo, key, language), here)
            require(request, "edit_policies")
            form = WordsForm(request.POST)
            words = _typed(form) if form.is_valid() else words
            if todo == "save" and form.is_valid():
                return _answer(
                    request, lambda: _keep(request, key, language, words, in_force), _with_parcel(request, here)
                )
        else:
            form = WordsForm(initial=words)
        shipment = _chosen(request, key)
        problems = problems_of(key=key, **words)
        rendered = _rendered(words, language, shipment)
        if request.POST.get("do") == "test":
            _test_send(request, rendered)
        return self.page(
            request,
            "notifications/template.html",
            template_words(key),
            key=key,
            language=language,
            tabs=[(each, LANGUAGE_NAMES.get(each, each), each == language) for each in languages()],
            form=form,
            draft=draft,
            in_force=in_force,
            problems=problems,
            lines=_lines(words, problems),
            shown=rendered,
            shipment=shipment,
            asked=request.POST.get("parcel", request.GET.get("parcel", "")),
            variables=VARIABLES.items(),
            versions=TemplateVersion.objects.filter(key=key, language=language).select_related("published_by")[:10],
            may_edit=may(request, "edit_policies"),
            may_publish=may(request, "publish_configuration"),
            my_address=getattr(request.user, "email", ""),
        )


def _content(row: TemplateVersion | None) -> dict[str, str]:
    return {"subject": row.subject, "body": row.body} if row else dict(EMPTY)


def _typed(form: WordsForm) -> dict[str, str]:
    return {"subject": form.cleaned_data["subject"], "body": form.cleaned_data["body"].replace("\r\n", "\n").strip()}


def _chosen(request: HttpRequest, key: str) -> Shipment | None:
    """The parcel somebody asked for by number, order or id; else one that such a message was sent about; else the
    newest one with an order."""
    asked = request.POST.get("parcel", request.GET.get("parcel", "")).strip()
    ids = ids_by_text(asked)[:1] if asked else last_spoken_of(key)
    if not ids:
        newest = Shipment.objects.filter(merged_into=None, order__customer__isnull=False).order_by("-pk")
        ids = list(newest.values_list("pk", flat=True)[:1])
    return next(iter(parcels(ids)), None)


def _rendered(words: dict[str, str], language: str, shipment: Shipment | None) -> Rendered | None:
    try:
        return shown(Words(language=language, **words), [shipment] if shipment else [], revealed=False)
    except BrokenTemplate:
        return None


def _lines(words: dict[str, str], problems: list[Problem]) -> list[Source]:
    """The text with numbers, where something is wrong in it."""
    bad = {each.line for each in problems if each.part == "body"}
    if not bad:
        return []
    return [Source(at, text, at in bad) for at, text in enumerate(words["body"].split("\n"), start=1)]


def _keep(
    request: HttpRequest, key: str, language: str, words: dict[str, str], in_force: TemplateVersion | None
) -> None:
    drafts.save(
        key=template_key(key, language),
        content=words,
        actor=request.user,  # type: ignore[arg-type]
        now=reader(request).now,
        revision=number_in(request, "revision"),
        based_on=in_force.number if in_force else 0,
    )
    messages.success(request, "Kept in the draft. Customers still get the wording in force.")


def _carry_out(request: HttpRequest, todo: str, key: str, language: str) -> None:
    actor: Any = request.user
    now = reader(request).now
    if todo == "discard":
        drafts.discard(key=template_key(key, language), actor=actor)
    elif todo == "roll_back":
        number = number_in(request, "number")
        if not TemplateVersion.objects.filter(key=key, language=language, number=number).exists():
            raise Http404("There is no such version.")
        drafts.roll_back_template(key=key, language=language, number=number, actor=actor, now=now)
        messages.success(request, f"Version {number} is in force again.")
    else:
        version = drafts.publish_template_draft(
            key=key, language=language, actor=actor, now=now, revision=number_in(request, "revision"),
            note=request.POST.get("note", ""),
        )  # fmt: skip
        messages.success(request, f"Version {version.number} is in force.")


def _test_send(request: HttpRequest, rendered: Rendered | None) -> None:
    """Send what is shown to the reader's own address, marked as a test; bounded below ten seconds."""
    to = address_of(getattr(request.user, "email", ""))
    if rendered is None or not to:
        messages.error(request, "Nothing was sent: the text is broken." if to else "Your login has no e-mail address.")
        return
    envelope = Envelope(f"test-{uuid.uuid4()}", to, f"[Test] {rendered.subject}", rendered.text, rendered.html)
    try:
        CHANNELS["email"].send(envelope)
    except (TemporaryFailure, PermanentFailure) as failure:
        messages.error(request, f"It was not sent: {failure}")
    else:
        messages.success(request, f"Sent to {to}.")


def _with_parcel(request: HttpRequest, here: str) -> str:
    asked = request.POST.get("parcel", "").strip()
    return f"{here}?{urlencode({'parcel': asked})}" if asked else here


def _answer(request: HttpRequest, act: Callable[[], None], onwards: str) -> HttpResponse:
    try:
        act()
    except REFUSALS as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(onwards)
