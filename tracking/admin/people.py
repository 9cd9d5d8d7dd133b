"""Who works cases and who looked at what: teams, shifts, routing, privacy tasks, look-ups, the ledger."""

import json

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from tracking.admin.configuration import ConfigurationAdmin
from tracking.admin.configuration_concerns import ConcernedCases
from tracking.admin.configuration_forms import WEEKDAYS, HoursForm
from tracking.admin.lists import RowList
from tracking.admin.people_forms import AbsenceForm, TeamForm
from tracking.admin.reader import Reader
from tracking.exception_queue.concerns import Concerned, by_column
from tracking.models import (
    Absence,
    DomainEvent,
    EscalationPolicy,
    EscalationStep,
    PrivacyTask,
    RevealLog,
    Shift,
    Team,
    TeamMember,
    WorkingHours,
)
from tracking.privacy import masking
from tracking.templatetags.shiptrack import badge, person_name, when


class HoursInline(TabularInline):
    """When a team works."""

    model = WorkingHours
    form = HoursForm
    extra = 0
    hide_title = True
    tab = True
    verbose_name_plural = "working hours, in the team's time zone"


class MemberInline(TabularInline):
    """Who is in a team; their shifts are on their own page."""

    model = TeamMember
    extra = 0
    hide_title = True
    tab = True
    fields = ("user", "takes_cases", "is_lead")
    show_change_link = True
    verbose_name_plural = "members (open one for their shifts)"


@admin.register(Team)
class TeamAdmin(ConfigurationAdmin):
    """Groups that are responsible for cases; partners have an internal team whose people own the next action."""

    form = TeamForm
    list_display = ("name", "time_zone", "country", "is_external", "internal_team", "email", "slack_channel")
    list_select_related = ("internal_team",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (HoursInline, MemberInline)


class ShiftInline(TabularInline):
    """When a person is on duty; who has no shifts is given no case by a rule."""

    model = Shift
    form = HoursForm
    extra = 0
    hide_title = True
    verbose_name_plural = "weekly shifts, in the team's time zone"


@admin.register(TeamMember)
class TeamMemberAdmin(ConfigurationAdmin):
    """A person in a team, with shifts."""

    list_display = ("user", "team", "takes_cases", "is_lead", "week")
    list_filter = ("team",)
    list_select_related = ("user", "team")
    readonly_fields = ("last_assigned_at",)
    inlines = (ShiftInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamMember]:
        """With the shifts, in one more query."""
        return super().get_queryset(request).prefetch_related("shifts")

    @admin.display(description="Shifts")
    def week(self, row: TeamMember) -> str:
        """The week in one line."""
        parts = [
            f"{WEEKDAYS[shift.weekday][1][:3]} {shift.start:%H:%M}–{shift.end:%H:%M}" for shift in row.shifts.all()
        ]
        return ", ".join(parts) or "none: no rule gives them cases"


@admin.register(Absence)
class AbsenceAdmin(ConfigurationAdmin):
    """When people are away, and who looks after their cases."""

    form = AbsenceForm
    list_display = ("user", "starts_at", "ends_at", "deputy", "note", "handed_over_at")
    list_select_related = ("user", "deputy")
    readonly_fields = ("handed_over_at",)


class StepInline(TabularInline):
    """The rungs of a ladder."""

    model = EscalationStep
    extra = 0
    hide_title = True
    verbose_name_plural = "steps, in working hours of the case's team after a clock ran out"


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(ConcernedCases, ConfigurationAdmin):
    """What happens to cases of one severity that nobody looks after in time."""

    def find_concerned(self) -> Concerned:
        """The cases of a severity."""
        return by_column("severity")

    def key_of(self, row: EscalationPolicy) -> str:
        """A ladder is known by its severity."""
        return row.severity

    list_display = ("severity", "ladder", "quiet_hours")
    inlines = (StepInline,)
    fields = ("severity", "quiet_hours")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one ladder a severity, from the start; one without steps does nothing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Every severity keeps its row."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationPolicy]:
        """With the steps, in one more query."""
        return super().get_queryset(request).prefetch_related("steps")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A ladder stays with its severity."""
        return ("severity",) if obj else ()

    @admin.display(description="Steps")
    def ladder(self, row: EscalationPolicy) -> str:
        """The steps in one line."""
        parts = [f"{step.after_hours:g} h: {step.get_action_display().lower()}" for step in row.steps.all()]
        return " → ".join(parts) or "none"


@admin.register(PrivacyTask)
class PrivacyTaskAdmin(RowList):
    """Legal requests that shops passed on."""

    columns = ("kind_shown", "state_shown", "from_source", "received", "due", "message")
    list_filter = ("state", "kind", "source")
    list_select_related = ("source",)
    fields = (
        "kind",
        "source",
        "customer_external_id",
        "order_external_ids",
        "received_at",
        "due_at",
        "state",
        "done_at",
    )

    @admin.display(description="Request")
    def kind_shown(self, row: PrivacyTask, who: Reader) -> SafeString:
        """What is asked for, a link to the row."""
        address = reverse("admin:tracking_privacytask_change", args=[row.pk])
        return format_html('<a class="st-link" href="{}">{}</a>', address, row.kind.replace("_", " "))

    @admin.display(description="State")
    def state_shown(self, row: PrivacyTask, who: Reader) -> SafeString:
        """Open, late or done."""
        if row.state == row.State.DONE:
            return badge("ok", "check", "Done")
        return badge("crit", "schedule", "Late") if row.due_at < who.now else badge("med", "pending", "Open")

    @admin.display(description="Source")
    def from_source(self, row: PrivacyTask, who: Reader) -> str:
        """Who passed it on."""
        return str(row.source)

    @admin.display(description="Received")
    def received(self, row: PrivacyTask, who: Reader) -> SafeString:
        """When it came."""
        return when(row.received_at, who)

    @admin.display(description="Due")
    def due(self, row: PrivacyTask, who: Reader) -> SafeString:
        """By when the law wants it done."""
        return when(row.due_at, who)

    @admin.display(description="Message")
    def message(self, row: PrivacyTask, who: Reader) -> SafeString:
        """The request as it came."""
        address = reverse("admin:tracking_inboundmessage_change", args=[row.message_id])
        return format_html('<a class="st-link" href="{}">message {}</a>', address, row.message_id)


@admin.register(RevealLog)
class RevealLogAdmin(RowList):
    """Who looked at whose personal data."""

    comes_from = "One is written whenever somebody reveals a customer's name, e-mail and phone."
    columns = ("looked", "who_looked", "at_whom", "from_where")
    list_filter = ("user",)
    list_select_related = ("user", "customer")
    fields = ("user", "customer", "at", "where")

    @admin.display(description="When")
    def looked(self, row: RevealLog, who: Reader) -> SafeString:
        """The moment of the click."""
        return when(row.at, who)

    @admin.display(description="Who")
    def who_looked(self, row: RevealLog, who: Reader) -> str:
        """The colleague."""
        return person_name(row.user)

    @admin.display(description="At whose data")
    def at_whom(self, row: RevealLog, who: Reader) -> str:
        """Initials of the customer."""
        return str(row.customer) if row.customer else "whoever the message names"

    @admin.display(description="From")
    def from_where(self, row: RevealLog, who: Reader) -> str:
        """The page."""
        return row.where or "—"


@admin.register(DomainEvent)
class DomainEventAdmin(RowList):
    """The ledger: everything that became true."""

    columns = ("number", "at_shown", "kind_shown", "about", "says", "relayed")
    list_filter = ("kind",)
    fields = ("kind", "at", "shipment_id", "order_id", "case_id", "payload_shown", "relayed_at")
    readonly_fields = ("payload_shown",)
    search_fields = ("shipment_id",)
    search_help_text = "Id of a shipment"

    def find(self, request: HttpRequest, text: str) -> list[int]:
        """By shipment id."""
        typed = text.strip()
        rows = DomainEvent.objects.filter(shipment_id=int(typed)) if typed.isdecimal() and len(typed) < 19 else None
        return list(rows.values_list("pk", flat=True)[:1000]) if rows is not None else []

    @admin.display(description="No.")
    def number(self, row: DomainEvent, who: Reader) -> SafeString:
        """Its number, a link to the row."""
        address = reverse("admin:tracking_domainevent_change", args=[row.pk])
        return format_html('<a class="st-link" href="{}">{}</a>', address, row.pk)

    @admin.display(description="At")
    def at_shown(self, row: DomainEvent, who: Reader) -> SafeString:
        """When it became true."""
        return when(row.at, who)

    @admin.display(description="What")
    def kind_shown(self, row: DomainEvent, who: Reader) -> str:
        """The dotted kind."""
        return row.kind

    @admin.display(description="About")
    def about(self, row: DomainEvent, who: Reader) -> SafeString | str:
        """The parcel or order it speaks of."""
        if row.shipment_id:
            address = reverse("admin:tracking_shipment_change", args=[row.shipment_id])
            return format_html('<a class="st-link" href="{}">shipment {}</a>', address, row.shipment_id)
        return f"order {row.order_id}" if row.order_id else "—"

    @admin.display(description="Says")
    def says(self, row: DomainEvent, who: Reader) -> str:
        """The payload in short, people masked."""
        return _payload(row)[:120]

    @admin.display(description="Relayed")
    def relayed(self, row: DomainEvent, who: Reader) -> SafeString:
        """When the messages' side took it."""
        return when(row.relayed_at, who, "not yet")

    @admin.display(description="Payload")
    def payload_shown(self, row: DomainEvent) -> str:
        """The payload, people masked."""
        return _payload(row)


def _payload(row: DomainEvent) -> str:
    return json.dumps(masking.payload(row.payload), ensure_ascii=False)
