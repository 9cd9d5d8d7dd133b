"""Inbound messages: exactly what sources said, what became of it, and reading it again."""

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from tracking.admin.base import may, require
from tracking.admin.lists import RowList, Tab
from tracking.admin.reader import Reader, reader
from tracking.ingest.operations import ReplayRefused, replay
from tracking.ingest.queries import COUNTED_TO, pretty_body, state_counts, understood
from tracking.models import InboundMessage
from tracking.privacy import masking
from tracking.privacy.errors import RevealRefused
from tracking.privacy.operations import may_reveal, reveal_message
from tracking.privacy.queries import VISIBLE_FOR, is_message_revealed
from tracking.templatetags.shiptrack import badge, capped, when
from tracking.vocabulary import InboundState

STATE_LOOK = {
    InboundState.PENDING: ("med", "hourglass_empty"),
    InboundState.PROCESSED: ("ok", "check_circle"),
    InboundState.NOTHING: ("low", "do_not_disturb_on"),
    InboundState.FAILED: ("high", "refresh"),
    InboundState.GAVE_UP: ("crit", "error"),
}
LONGEST_BODY = 200_000


def state_badge(row: InboundMessage) -> SafeString:
    """What became of a message."""
    tint, icon = STATE_LOOK.get(InboundState(row.state), ("low", "help"))
    return badge(tint, icon, row.get_state_display())


@admin.register(InboundMessage)
class InboundMessageAdmin(RowList):
    """Every message of every source."""

    columns = ("received", "state_shown", "of_source", "topic_shown", "about_shown", "led_to")
    list_select_related = ("source",)
    list_filter = ("state", "source", "transport", "topic", "is_replay")
    actions: ClassVar[list[Any]] = ["replay_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundMessage]:
        """Bodies stay in the database until somebody opens one."""
        return super().get_queryset(request).defer("body", "headers", "body_hash")

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """Failed ones first: they are work."""
        counts = state_counts()
        failed = counts.get(InboundState.FAILED, 0) + counts.get(InboundState.GAVE_UP, 0)
        views = (
            ("Failed", "state__in=failed,gave_up", capped(min(failed, COUNTED_TO))),
            ("Needs a person", "state__exact=gave_up", capped(counts.get(InboundState.GAVE_UP, 0))),
            ("Waiting", "state__exact=pending", capped(counts.get(InboundState.PENDING, 0))),
            ("All", "", ""),
        )
        chosen = request.GET.urlencode(safe=",")
        return [Tab(label, query, count, is_on=query == chosen) for label, query, count in views]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may let messages be read again."""
        return may(request, "manage_sources")

    @admin.display(description="Received")
    def received(self, row: InboundMessage, who: Reader) -> SafeString:
        """When it came, a link to the page."""
        address = reverse("admin:tracking_inboundmessage_change", args=[row.pk])
        return format_html('<a class="st-link st-nowrap" href="{}">{}</a>', address, when(row.received_at, who))

    @admin.display(description="State")
    def state_shown(self, row: InboundMessage, who: Reader) -> SafeString:
        """What became of it, and when it is tried again."""
        again = f" try {row.attempts + 1} at {who.moment(row.next_try_at)}" if row.next_try_at else ""
        return format_html('{}<span class="st-mute st-xs">{}</span>', state_badge(row), again)

    @admin.display(description="Source")
    def of_source(self, row: InboundMessage, who: Reader) -> SafeString:
        """Who sent it."""
        return format_html('{} <span class="st-mute">{}</span>', row.source, row.get_transport_display().lower())

    @admin.display(description="Topic")
    def topic_shown(self, row: InboundMessage, who: Reader) -> str:
        """The vendor's topic."""
        return row.topic or "—"

    @admin.display(description="About")
    def about_shown(self, row: InboundMessage, who: Reader) -> SafeString:
        """The parcel or order asked about, and how often the same answer came."""
        seen = f" heard {row.seen_count} times" if row.seen_count > 1 else ""
        return format_html('{}<span class="st-mute st-xs">{}</span>', row.about or "—", seen)

    @admin.display(description="Led to")
    def led_to(self, row: InboundMessage, who: Reader) -> str:
        """What it led to, or why it could not be read."""
        return masking.text(row.error or row.result)[:160] or "—"

    @admin.action(description="Read the selected messages again", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[InboundMessage]) -> None:
        """Let the selected messages be read again."""
        ids = list(queryset.values_list("pk", flat=True))
        _read_again(request, ids, "{} messages will be read again. Known events are not recorded twice.")

    def get_urls(self) -> list[URLPattern]:
        """Also replay, reveal and the bytes."""
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/replay/", view(require_POST(self.replay_one)), name="inbound_replay"),
            path("<int:pk>/reveal/", view(require_POST(self.reveal)), name="inbound_reveal"),
            path("<int:pk>/bytes/", view(require_POST(self.raw_bytes)), name="inbound_bytes"),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One message: headers, body, how we read it and what it led to."""
        if not self.has_view_permission(request):
            require(request, "view_inboundmessage")
        message = _message(object_id)
        revealed = is_message_revealed(request.user, message.pk, reader(request).now) and may_reveal(request.user)
        return self.page(
            request,
            "shiptrack/inbound/page.html",
            f"Message {message.pk}",
            message=message,
            state=state_badge(message),
            headers=masking.headers(message.headers),
            body=_body(message, revealed=revealed),
            size=len(bytes(message.body)),
            read=understood(message),
            notes=[(str(note.get("where", "")), str(note.get("message", ""))) for note in _notes(message)],
            revealed=revealed,
            may_reveal=may_reveal(request.user),
            may_replay=self.has_replay_permission(request),
            minutes=int(VISIBLE_FOR.total_seconds() // 60),
        )

    def replay_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let one message be read again."""
        require(request, "manage_sources")
        _read_again(request, [pk], "The message will be read again. Known events are not recorded twice.")
        return HttpResponseRedirect(_page_of(pk))

    def reveal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Log the look, then show the body as it came."""
        try:
            reveal_message(message=_message(str(pk)), actor=request.user, now=reader(request).now)
        except RevealRefused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(_page_of(pk))

    def raw_bytes(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The body byte for byte as a file, for administrators; logged like a reveal."""
        require(request, "manage_sources")
        require(request, "reveal_personal_data")
        message = _message(str(pk))
        reveal_message(message=message, actor=request.user, now=reader(request).now)
        answer = HttpResponse(bytes(message.body), content_type="application/octet-stream")
        answer["Content-Disposition"] = f'attachment; filename="message-{pk}.bin"'
        return answer


def _read_again(request: HttpRequest, ids: list[int], sentence: str) -> None:
    """Let messages be read again, and tell the reader so with their number in `sentence`, or why not."""
    who = reader(request)
    try:
        messages.success(request, sentence.format(replay(message_ids=ids, actor=who.user, now=who.now)))
    except ReplayRefused as refused:
        messages.error(request, str(refused))


def _page_of(pk: int) -> str:
    return reverse("admin:tracking_inboundmessage_change", args=[pk])


def _message(object_id: str) -> InboundMessage:
    rows = InboundMessage.objects.select_related("source")
    found = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
    if found is None:
        raise Http404("There is no such message.")
    return found


def _notes(message: InboundMessage) -> list[dict[str, Any]]:
    return [note for note in message.notes if isinstance(note, dict)]


def _body(message: InboundMessage, *, revealed: bool) -> str:
    """The body for people: JSON with people masked; anything else only once revealed. "" = not to be shown."""
    decoded = pretty_body(message)
    if decoded is None:
        return bytes(message.body).decode("utf-8", "replace")[:LONGEST_BODY] if revealed else ""
    return json.dumps(decoded if revealed else masking.payload(decoded), indent=2, ensure_ascii=False)[:LONGEST_BODY]
