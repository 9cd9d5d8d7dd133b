"""Message rules: those in force, each as one sentence; a draft of them; its preview; the versions there were."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from notifications import drafts
from notifications.admin.base import MessagesAdmin, address, number_in
from notifications.admin.rule_form import RuleForm, initial_of
from notifications.channels.registry import CHANNELS
from notifications.configuration import PublishRefused, Templates, rules_in_force
from notifications.drafts import RULES, DraftRefused, draft_called
from notifications.ledger_lines import names_of
from notifications.models import Decision, MessageDraft, RuleSetVersion
from notifications.preview import Difference, Outcome, preview
from notifications.rules.contract import Rule, RuleSet
from notifications.rules.patterns import patterns_of
from notifications.rules.reading import InvalidRules, read_rules, write_rules
from notifications.rules.sentence import CHANGES, one_sentence
from notifications.vocabulary import Mode, Withheld
from notifications.words import title_of
from tracking.admin.base import may, require
from tracking.admin.reader import Reader, reader
from tracking.models import Order

REFUSALS = (DraftRefused, PublishRefused, InvalidRules)
NEW = "new"
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as a page lists it; `mark` against the rules in force: new or changed."""

    rule: Rule
    sentence: str
    mark: str = ""


@admin.register(RuleSetVersion)
class RulesAdmin(MessagesAdmin):
    """The rule set as a whole: which rule speaks depends on the others."""

    def get_urls(self) -> list[URLPattern]:
        """The pages of the editor, before those of the admin."""
        own: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("rule/<slug:key>/", "rule", self.rule_view),
            ("preview/", "preview", self.preview_view),
            ("versions/<int:number>/", "version", self.version_view),
        ]
        wrap = self.admin_site.admin_view
        return [
            *(path(route, wrap(view), name=f"notifications_rulesetversion_{name}") for route, name, view in own),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The rules in force and the draft."""
        self.may_look(request)
        if request.method == "POST":
            return _answer(request, lambda: self._edit(request))
        in_force, draft = rules_in_force(), draft_called(RULES)
        drafted, problem = _read(draft)
        return self.page(
            request,
            "notifications/rules.html",
            "Message rules",
            in_force=lines(in_force),
            number=in_force.version,
            draft=draft,
            drafted=lines(drafted, in_force) if drafted else [],
            dropped=_dropped(drafted, in_force),
            problem=problem,
            limits=drafted or in_force,
            versions=RuleSetVersion.objects.select_related("published_by").defer("content")[:20],
            may_edit=may(request, "edit_policies"),
            may_publish=may(request, "publish_configuration"),
        )

    def _edit(self, request: HttpRequest) -> str | None:
        todo, _, key = request.POST.get("do", "").partition(":")
        actor: Any = request.user
        now, revision = reader(request).now, number_in(request, "revision")
        if todo == "begin":
            drafts.begin_rules(actor=actor, now=now)
        elif todo == "discard":
            drafts.discard(key=RULES, actor=actor)
        elif todo == "remove":
            rules, _ = _read(draft_called(RULES))
            if rules:
                _save(request, replace(rules, rules=tuple(rule for rule in rules.rules if rule.key != key)))
        elif todo == "publish":
            note = request.POST.get("note", "")
            version = drafts.publish_rule_draft(actor=actor, now=now, revision=revision, note=note)
            messages.success(request, f"Version {version.number} decides about all news from now on.")
        return None

    def rule_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """One rule: in the draft where somebody edits, else in force and only to be read."""
        self.may_look(request)
        draft = draft_called(RULES)
        rules, problem = _read(draft)
        rules = rules or rules_in_force()
        rule = _new_rule(rules) if key == NEW else next((each for each in rules.rules if each.key == key), None)
        if rule is None or (key == NEW and draft is None):
            raise Http404("There is no such rule.")
        may_edit = bool(draft) and may(request, "edit_policies") and not problem
        templates = Templates().names()
        sent = request.POST if request.method == "POST" else None
        form = RuleForm(sent, initial=initial_of(rule), templates=templates, patterns=patterns_of(rules))
        if sent is not None:
            require(request, "edit_policies")
            if form.is_valid() and draft is not None:
                rule = form.rule(rule)
                if request.POST.get("do") == "save":
                    kept = replace(rules, rules=_with(rules.rules, rule))
                    return _answer(
                        request, lambda: _save(request, kept), address("rulesetversion", "changelist") + "#draft"
                    )
        return self.page(
            request,
            "notifications/rule.html",
            "A new rule" if key == NEW else rule.name,
            form=form,
            rule=rule,
            is_new=key == NEW,
            sentence=_sentence(rule),
            draft=draft,
            may_edit=may_edit,
        )

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the draft, or without one the rules in force, would have said in the last 30 days. Sends nothing."""
        self.may_look(request)
        rules, problem = _read(draft_called(RULES))
        is_draft = rules is not None
        chosen = rules or rules_in_force()
        who = reader(request)
        found = preview(chosen, now=who.now)
        names = names_of(chosen)
        orders = Order.objects.in_bulk([key for each in found.differences[:SHOWN] if (key := _order_of(each))])
        return self.page(
            request,
            "notifications/rules_preview.html",
            "Preview of the draft" if is_draft else "Preview of the rules in force",
            is_draft=is_draft,
            problem=problem,
            found=found,
            most=max((count for _, count in found.withheld), default=1),
            differences=[_difference(each, names, orders, who) for each in found.differences[:SHOWN]],
            shown=SHOWN,
        )

    def version_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """One version: its rules, against those before it; rolling back to it."""
        self.may_look(request)
        found = RuleSetVersion.objects.select_related("published_by").filter(number=number).first()
        if found is None:
            raise Http404("There is no such version.")
        if request.method == "POST":
            return _answer(request, lambda: self._roll_back(request, number))
        before = RuleSetVersion.objects.filter(number=number - 1).first()
        was = read_rules(number - 1, before.content) if before else None
        rules = read_rules(number, found.content)
        return self.page(
            request,
            "notifications/rules_version.html",
            f"Message rules, version {number}",
            version=found,
            rules=lines(rules, was),
            dropped=_dropped(rules, was) if was else [],
            is_in_force=rules_in_force().version == number,
            may_publish=may(request, "publish_configuration"),
        )

    def _roll_back(self, request: HttpRequest, number: int) -> str:
        version = drafts.roll_back_rules(number=number, actor=request.user, now=reader(request).now)  # type: ignore[arg-type]
        messages.success(request, f"Version {version.number} says the same as version {number}.")
        return address("rulesetversion", "version", version.number)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A version has a page of its own."""
        found = RuleSetVersion.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        if found is None:
            raise Http404("There is no such version.")
        return HttpResponseRedirect(address("rulesetversion", "version", found.number))


def lines(rules: RuleSet, against: RuleSet | None = None) -> list[Line]:
    """Return rules in words; compared with another set where one is given."""
    was = {rule.key: rule for rule in against.rules} if against else None
    return [
        Line(rule, _sentence(rule), "" if was is None or was.get(rule.key) == rule else _mark(rule, was))
        for rule in rules.rules
    ]


def _mark(rule: Rule, was: dict[str, Rule]) -> str:
    return "changed" if rule.key in was else "new"


def _sentence(rule: Rule) -> str:
    return one_sentence(rule, channel=CHANNELS[rule.channel].label if rule.channel in CHANNELS else "")


def _dropped(rules: RuleSet | None, was: RuleSet) -> list[Rule]:
    keys = {rule.key for rule in rules.rules} if rules else {rule.key for rule in was.rules}
    return [rule for rule in was.rules if rule.key not in keys]


def _read(draft: MessageDraft | None) -> tuple[RuleSet | None, str]:
    if draft is None:
        return None, ""
    try:
        return read_rules(draft.based_on, draft.content), ""
    except InvalidRules as error:
        return None, str(error)


def _order_of(each: Difference) -> int | None:
    return each.outcome.order_id if each.outcome else each.decision.order_id if each.decision else None


def _difference(
    each: Difference, names: dict[str, str], orders: dict[int, Order], who: Reader
) -> tuple[Order | None, str, str, str]:
    """Order, message, what really happened, what would happen."""
    outcome, decision = each.outcome, each.decision
    key = outcome.rule_key if outcome else decision.rule_key if decision else ""
    return (orders.get(_order_of(each) or 0), title_of(key, names), _really(decision, who), _would(outcome, who))


def _really(decision: Decision | None, who: Reader) -> str:
    if decision is None:
        return "no rule spoke"
    if decision.row is None:
        return f"withheld: {Withheld(decision.reason).label}"
    at = decision.row.sent_at or decision.send_at
    return f"{decision.row.get_state_display().lower()}{f' {who.moment(at)}' if at else ''}"


def _would(outcome: Outcome | None, who: Reader) -> str:
    if outcome is None:
        return "no rule speaks"
    if outcome.reason:
        return f"withheld: {Withheld(outcome.reason).label}"
    if outcome.waits and outcome.send_at is None:
        return "waits for approval"
    return f"sent {who.moment(outcome.send_at)}" if outcome.send_at else "sent"


def _new_rule(rules: RuleSet) -> Rule:
    """Return an empty rule with a key that nobody has; it is not in force by itself."""
    taken = {rule.key for rule in rules.rules}
    key = next(f"own_{number}" for number in range(1, 1000) if f"own_{number}" not in taken)
    return Rule(key=key, name="", news=(CHANGES,), topic=key, template="delayed", mode=Mode.PREVIEW)


def _with(rules: tuple[Rule, ...], rule: Rule) -> tuple[Rule, ...]:
    if any(each.key == rule.key for each in rules):
        return tuple(rule if each.key == rule.key else each for each in rules)
    return (*rules, rule)


def _save(request: HttpRequest, rules: RuleSet) -> None:
    content = write_rules(rules)
    read_rules(0, content)
    drafts.save(
        key=RULES,
        content=content,
        actor=request.user,  # type: ignore[arg-type]
        now=reader(request).now,
        revision=number_in(request, "revision"),
    )


def _answer(request: HttpRequest, act: Callable[[], str | None], otherwise: str = "") -> HttpResponse:
    """Do it and go on; what is refused is said there."""
    otherwise = otherwise or address("rulesetversion", "changelist")
    try:
        return HttpResponseRedirect(act() or otherwise)
    except REFUSALS as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(otherwise)
