"""Channels with pause and resume, and the switch that stops every message to customers; who wants no messages."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from notifications.admin.base import MessagesAdmin, address
from notifications.channels.registry import CHANNELS
from notifications.models import ChannelState, MessagingSwitch, OptOut, SuppressedAddress
from notifications.outbox import operations
from notifications.outbox.operations import OutboxRefused
from notifications.vocabulary import Purpose
from tracking.admin.base import may, require
from tracking.admin.reader import reader
from tracking.models import Store

SHOWN = 100


@admin.register(ChannelState)
class ChannelsAdmin(MessagesAdmin):
    """How each channel stands."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All channels and the switch; POST pauses, resumes, or throws the switch."""
        self.may_look(request)
        if request.method == "POST":
            require(request, "edit_policies")
            _switch(request)
            return HttpResponseRedirect(address("channelstate", "changelist"))
        states = {row.channel: row for row in ChannelState.objects.select_related("paused_by")}
        return self.page(
            request,
            "notifications/channels.html",
            "Channels",
            channels=[
                (kind, channel.label, channel.is_ready(), states.get(kind)) for kind, channel in CHANNELS.items()
            ],
            switch=MessagingSwitch.objects.select_related("changed_by").first(),
            may_switch=may(request, "edit_policies"),
        )


def _switch(request: HttpRequest) -> None:
    todo, _, kind = request.POST.get("do", "").partition(":")
    actor: Any = request.user
    now, note = reader(request).now, request.POST.get("note", "")
    try:
        if todo == "pause" and kind in CHANNELS:
            operations.pause_channel(channel=kind, actor=actor, now=now, note=note)
        elif todo == "resume" and kind in CHANNELS:
            operations.resume_channel(channel=kind, actor=actor, now=now)
        elif todo == "on":
            operations.set_kill_switch(is_off=False, actor=actor, now=now, note=note)
        elif todo == "off" and request.POST.get("sure"):
            operations.set_kill_switch(is_off=True, actor=actor, now=now, note=note)
        elif todo == "off":
            messages.error(request, "Tick that you are sure: no customer hears anything until it is switched on again.")
    except OutboxRefused as refused:
        messages.error(request, str(refused))


@admin.register(OptOut)
class OptOutAdmin(MessagesAdmin):
    """Who refuses messages, and which addresses cannot be used; known by hash, so nobody is named."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Counts by store and purpose, and the newest refusals."""
        self.may_look(request)
        stores = dict(Store.objects.values_list("pk", "name"))
        counted = OptOut.objects.order_by().values_list("store_id", "purpose").annotate(count=Count("pk"))
        return self.page(
            request,
            "notifications/opt_outs.html",
            "Opt-outs",
            counts=[
                (stores.get(store, "a store that is gone"), Purpose(purpose).label, n) for store, purpose, n in counted
            ],
            newest=[(row, stores.get(row.store_id, "—")) for row in OptOut.objects.all()[:SHOWN]],
            suppressed=SuppressedAddress.objects.all()[:SHOWN],
        )
