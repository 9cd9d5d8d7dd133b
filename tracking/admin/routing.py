"""Routing rules: what is in force, a draft of it, what publishing would move, the versions there were."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from tracking import clock
from tracking.admin.base import ReadOnlyAdmin, may, own_rows, require
from tracking.admin.routing_form import RuleForm, initial_of
from tracking.admin.row_words import cases_in_words
from tracking.configuration import operations, queries
from tracking.configuration.operations import DraftConflict, InvalidConfiguration, NotAllowed
from tracking.models import ConfigurationVersion, RoutingRule
from tracking.routing.rule_checks import never_matching
from tracking.routing.rule_sets import NAME, RuleContent, new_rule
from tracking.routing.rule_words import Words

SHOWN = 200
REFUSALS = (NotAllowed, DraftConflict, InvalidConfiguration)


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as a page lists it."""

    rule: RuleContent
    takes: str
    gives: str
    shadowed_by: list[str] | None
    place: int
    mark: str = ""  # against another version: new, changed, moved


def lines(content: list[RuleContent], against: list[RuleContent] | None = None) -> list[Line]:
    """Rules in words; compared with another rule set where one is given."""
    words, dead = Words(), never_matching(content)
    marks = {} if against is None else _marks(content, against)
    found = []
    for place, rule in enumerate(content):
        mark = marks.get(rule["key"], "")
        found.append(Line(rule, words.conditions(rule), words.target(rule), dead.get(rule["key"]), place + 1, mark))
    return found


def _marks(content: list[RuleContent], against: list[RuleContent]) -> dict[str, str]:
    """What became of each rule: new, changed, or moved among the rules that both sets have."""
    was = {rule["key"]: rule for rule in against}
    before = [rule["key"] for rule in against if any(rule["key"] == each["key"] for each in content)]
    after = [rule["key"] for rule in content if rule["key"] in was]
    moved = {key for key, old in zip(after, before, strict=True) if key != old}
    marks = {}
    for rule in content:
        key = rule["key"]
        marks[key] = "new" if key not in was else "changed" if was[key] != rule else "moved" if key in moved else ""
    return marks


@admin.register(RoutingRule)
class RoutingRuleAdmin(ReadOnlyAdmin):
    """The rule set, never one rule alone: their order decides."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rules are edited in the draft."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The pages of the editor, before those of the admin."""
        own: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("rule/<slug:key>/", "rule", self.rule_view),
            ("preview/", "preview", self.preview_view),
            ("versions/<int:number>/", "version", self.version_view),
        ]
        wrap = self.admin_site.admin_view
        return [
            *(path(route, wrap(view), name=f"tracking_routingrule_{name}") for route, name, view in own),
            *super().get_urls(),
        ]

    # -- the rules and the draft ---------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The rules in force and, beside them, the draft."""
        self._may_look(request)
        if request.method == "POST":
            return _answer(request, lambda: self._edit(request), _address("changelist"))
        draft, in_force = queries.draft_of(NAME), queries.in_force(NAME)
        number = queries.latest_number(NAME)
        return self.page(
            request,
            "shiptrack/routing/rules.html",
            "Routing rules",
            in_force=lines(in_force),
            number=number,
            version=queries.version_of(NAME, number),
            draft=draft,
            drafted=lines(draft.content, in_force) if draft else [],
            dropped=[rule for rule in in_force if draft and rule["key"] not in {each["key"] for each in draft.content}],
            problems=queries.problems(NAME, draft.content) if draft else [],
            is_stale=bool(draft and draft.based_on != number),
            versions=queries.versions_of(NAME)[:20],
            may_edit=may(request, "edit_policies"),
            may_publish=may(request, "publish_configuration"),
        )

    def _edit(self, request: HttpRequest) -> str | None:
        """One click on the draft; returns where to go on, None for the list."""
        todo, _, key = request.POST.get("do", "").partition(":")
        actor: Any = request.user
        if todo == "begin":
            operations.begin_draft(kind=NAME, actor=actor, now=clock.now())
        elif todo == "discard":
            operations.discard_draft(kind=NAME, actor=actor)
        elif todo == "keep":
            operations.keep_draft(kind=NAME, actor=actor)
        elif todo in CLICKS:
            draft = queries.draft_of(NAME)
            if draft:
                _save(request, CLICKS[todo](list(draft.content), key))
        return None

    def rule_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """One rule of the draft, or a new one that comes first."""
        self._may_look(request)
        require(request, "edit_policies")
        draft = queries.draft_of(NAME)
        if draft is None:
            messages.info(request, "There is no draft. Begin one to change rules.")
            return HttpResponseRedirect(_address("changelist"))
        content = list(draft.content)
        rule = new_rule(content) if key == "new" else next((each for each in content if each["key"] == key), None)
        if rule is None:
            raise Http404("The draft has no such rule.")
        form = RuleForm(request.POST or None, initial=initial_of(rule), is_last=rule["is_last"])
        if request.method == "POST" and form.is_valid():
            filled = form.rule(rule)
            kept = [filled, *content] if key == "new" else [filled if each is rule else each for each in content]
            return _answer(request, lambda: _save(request, kept), _address("changelist") + "#draft")
        return self.page(
            request,
            "shiptrack/routing/rule.html",
            "A new rule" if key == "new" else f"Rule “{rule['name']}”",
            form=form,
            rule=rule,
            revision=draft.revision,
        )

    # -- publishing ----------------------------------------------------------------------------------------------

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Which open cases the draft would move; publishing it."""
        self._may_look(request)
        draft = queries.draft_of(NAME)
        if draft is None:
            return HttpResponseRedirect(_address("changelist"))
        if request.method == "POST":
            return _answer(request, lambda: self._publish(request), _address("preview"))
        problems = queries.problems(NAME, draft.content)
        effects = [] if problems else queries.effects(NAME, draft.content, clock.now())
        return self.page(
            request,
            "shiptrack/routing/preview.html",
            "What the draft would do",
            draft=draft,
            problems=problems,
            never=[line for line in lines(draft.content) if line.shadowed_by is not None],
            effects=effects[:SHOWN],
            effect_count=len(effects),
            shown=SHOWN,
            may_publish=may(request, "publish_configuration"),
        )

    def _publish(self, request: HttpRequest) -> str:
        version = operations.publish_draft(
            kind=NAME,
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
            revision=_number(request, "revision"),
            note=request.POST.get("note", ""),
        )
        messages.success(request, f"Version {version.number} is in force for every case from now on.")
        return _address("version", version.number)

    def version_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """One version: its rules, what it changed, open cases it would move, and taking that back."""
        self._may_look(request)
        version = queries.version_of(NAME, number)
        if version is None:
            raise Http404("There is no such version.")
        if request.method == "POST":
            return _answer(request, lambda: self._act_on(request, version), _address("version", number))
        before = queries.version_of(NAME, number - 1)
        is_in_force = number == queries.latest_number(NAME)
        effects = queries.effects(NAME, version.content, clock.now()) if is_in_force else []
        return self.page(
            request,
            "shiptrack/routing/version.html",
            f"Routing rules, version {number}",
            version=version,
            rules=lines(version.content, before.content if before else None),
            dropped=[
                rule
                for rule in (before.content if before else [])
                if rule["key"] not in {each["key"] for each in version.content}
            ],
            is_in_force=is_in_force,
            effects=effects[:SHOWN],
            effect_count=len(effects),
            shown=SHOWN,
            applications=list(queries.applications_of(version)),
            may_publish=may(request, "publish_configuration"),
        )

    def _act_on(self, request: HttpRequest, version: ConfigurationVersion) -> str | None:
        actor: Any = request.user
        todo, now = request.POST.get("do", ""), clock.now()
        if todo == "apply":
            ids = own_rows(request.POST.getlist("case"))
            if request.POST.get("all"):
                ids = [effect.id for effect in queries.effects(NAME, version.content, now)]
            done = operations.apply_version(version_id=version.pk, ids=ids, actor=actor, now=now)
            moved = cases_in_words(len(done.changed_ids))
            messages.success(request, f"Moved {moved}. You can take that back below.")
        elif todo == "undo":
            undone = operations.undo_application(application_id=_number(request, "application"), actor=actor, now=now)
            back = len(undone.changed_ids) - len(undone.kept_ids)
            messages.success(request, f"Put {cases_in_words(back)} back.")
            if undone.kept_ids:
                kept = ", ".join(f"C-{case_id}" for case_id in undone.kept_ids[:20])
                left = cases_in_words(len(undone.kept_ids))
                messages.warning(request, f"Left {left} that changed meanwhile: {kept}.")
        elif todo == "roll_back":
            newest = operations.roll_back(
                kind=NAME, number=version.number, actor=actor, now=now, note=request.POST.get("note", "")
            )
            messages.success(request, f"Version {newest.number} says the same as version {version.number}.")
            return _address("version", newest.number)
        return None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A rule is shown among the others."""
        self._may_look(request)
        return HttpResponseRedirect(f"{_address('changelist')}#r{object_id}")

    def _may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            require(request, "view_routingrule")


def _up(content: list[RuleContent], key: str) -> list[RuleContent]:
    place = next((place for place, rule in enumerate(content) if rule["key"] == key), 0)
    if place and not content[place]["is_last"]:
        content[place - 1], content[place] = content[place], content[place - 1]
    return content


def _down(content: list[RuleContent], key: str) -> list[RuleContent]:
    place = next((place for place, rule in enumerate(content) if rule["key"] == key), len(content))
    if place + 1 < len(content) and not content[place + 1]["is_last"]:
        content[place + 1], content[place] = content[place], content[place + 1]
    return content


def _remove(content: list[RuleContent], key: str) -> list[RuleContent]:
    return [rule for rule in content if rule["key"] != key or rule["is_last"]]


CLICKS = {"up": _up, "down": _down, "remove": _remove}


def _save(request: HttpRequest, content: list[RuleContent]) -> None:
    operations.save_draft(
        kind=NAME,
        content=content,
        actor=request.user,  # type: ignore[arg-type]
        now=clock.now(),
        revision=_number(request, "revision"),
    )


def _answer(request: HttpRequest, act: Callable[[], str | None], otherwise: str) -> HttpResponse:
    """Do it and go on; what is refused is said there."""
    try:
        return HttpResponseRedirect(act() or otherwise)
    except REFUSALS as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(otherwise)


def _number(request: HttpRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _address(page: str, *parts: object) -> str:
    return reverse(f"admin:tracking_routingrule_{page}", args=parts)
