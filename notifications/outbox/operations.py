"""What people do with messages and channels. Each is one transaction with a row that says who did it."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from notifications.models import (
    ChannelState,
    DeliveryAttempt,
    MailReport,
    MessagingSwitch,
    OptOut,
    OutboxAction,
    OutboxRow,
    SuppressedAddress,
)
from notifications.outbox.claiming import knowledge_of
from notifications.vocabulary import SUPPRESSING, WAITING, MailNews, OutboxAct, OutboxState, Purpose
from tracking.customer_knowledge.operations import record
from tracking.models import Customer, Order
from tracking.transactions import whole
from tracking.vocabulary import KnowledgeState

ACT = "tracking.message_customer"
SWITCH = "tracking.edit_policies"
RETRYABLE = (OutboxState.FAILED, OutboxState.CANCELLED)


class OutboxRefused(Exception):
    """The person may not do this, or the message no longer allows it; the text is a sentence for them."""


@whole
def cancel(*, row_id: int, actor: User, now: datetime, note: str = "") -> OutboxRow:
    """Withdraw a message that waits. Raises OutboxRefused, OutboxRow.DoesNotExist."""
    row = _begin(row_id, actor, WAITING, "Only a message that waits can be cancelled")
    row.state, row.reason, row.due_at = OutboxState.CANCELLED, note.strip()[:300] or "cancelled", None
    record(entries=knowledge_of(row, KnowledgeState.WITHHELD, now, "cancelled"))
    return _finish(row, OutboxAct.CANCELLED, actor, now, note)


@whole
def send_now(*, row_id: int, actor: User, now: datetime) -> OutboxRow:
    """Let a scheduled message leave at once; whether it is still true is asked again. Raises OutboxRefused."""
    row = _begin(row_id, actor, (OutboxState.SCHEDULED,), "Only a scheduled message can be sent now")
    row.due_at = now
    return _finish(row, OutboxAct.SENT_NOW, actor, now)


@whole
def approve(*, row_id: int, actor: User, now: datetime) -> OutboxRow:
    """Agree to a message that waits for approval: it leaves at once. Raises OutboxRefused."""
    row = _begin(row_id, actor, (OutboxState.AWAITING_APPROVAL,), "This message does not wait for approval")
    row.state, row.due_at = OutboxState.SCHEDULED, now
    record(entries=knowledge_of(row, KnowledgeState.SCHEDULED, now))
    return _finish(row, OutboxAct.APPROVED, actor, now)


@whole
def retry(*, row_id: int, actor: User, now: datetime) -> OutboxRow:
    """Try a failed or cancelled message again; refused when the same was said meanwhile. Raises OutboxRefused."""
    row = _begin(row_id, actor, RETRYABLE, "Only a failed or cancelled message can be tried again")
    same = OutboxRow.objects.filter(
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        topic=row.topic,
        recipient=row.recipient,
        channel=row.channel,
    )
    if same.exclude(state__in=(*RETRYABLE, OutboxState.SUPERSEDED)).exists():
        raise OutboxRefused("The same has been said meanwhile, or waits to be said.")
    row.state, row.reason, row.due_at, row.attempts = OutboxState.SCHEDULED, "", now, 0
    record(entries=knowledge_of(row, KnowledgeState.SCHEDULED, now))
    return _finish(row, OutboxAct.RETRIED, actor, now)


@whole
def it_was_sent(*, row_id: int, actor: User, now: datetime, note: str = "") -> OutboxRow:
    """Settle a message of unknown fate: the person found that it left. Raises OutboxRefused."""
    row = _begin(row_id, actor, (OutboxState.UNKNOWN,), "It is known what became of this message")
    row.state, row.sent_at, row.reason = OutboxState.SENT, row.changed_at, ""
    record(entries=knowledge_of(row, KnowledgeState.TOLD, now))
    return _finish(row, OutboxAct.WAS_SENT, actor, now, note)


@whole
def send_again(*, row_id: int, actor: User, now: datetime, note: str = "") -> OutboxRow:
    """Settle a message of unknown fate: the person found that it did not leave. Raises OutboxRefused.

    It keeps its key, so a provider that drops repetitions drops this one if the first did arrive.
    """
    row = _begin(row_id, actor, (OutboxState.UNKNOWN,), "It is known what became of this message")
    row.state, row.reason, row.due_at, row.attempts = OutboxState.SCHEDULED, "", now, 0
    record(entries=knowledge_of(row, KnowledgeState.SCHEDULED, now))
    return _finish(row, OutboxAct.SENT_AGAIN, actor, now, note)


def _begin(row_id: int, actor: User, states: tuple[OutboxState, ...], otherwise: str) -> OutboxRow:
    if not actor.has_perm(ACT):
        raise OutboxRefused("You may not decide about messages to customers.")
    row = OutboxRow.objects.select_for_update(no_key=True).get(pk=row_id)
    if row.state not in states:
        raise OutboxRefused(f"{otherwise} (it is: {row.get_state_display()}).")
    return row


def _finish(row: OutboxRow, kind: str, actor: User, now: datetime, note: str = "") -> OutboxRow:
    row.changed_at, row.lease_until, row.lease_token = now, None, None
    row.save(
        update_fields=[
            "state", "reason", "due_at", "attempts", "sent_at", "changed_at", "lease_until", "lease_token",
        ]
    )  # fmt: skip
    OutboxAction.objects.create(row=row, kind=kind, actor=actor, at=now, note=note.strip()[:300])
    return row


# -- channels and the switch -----------------------------------------------------------------------------------------


@whole
def pause_channel(*, channel: str, actor: User, now: datetime, note: str = "") -> ChannelState:
    """Let nothing leave by a channel: new messages are withheld, waiting ones wait. Raises OutboxRefused."""
    _may_switch(actor)
    state = _state(channel)
    state.paused_at, state.paused_by, state.note = state.paused_at or now, actor, note.strip()[:300]
    state.save()
    return state


@whole
def resume_channel(*, channel: str, actor: User, now: datetime) -> ChannelState:
    """Let messages leave again, also when faults had closed the channel; each is asked again whether it is true."""
    _may_switch(actor)
    state = _state(channel)
    state.paused_at, state.paused_by, state.note = None, None, ""
    state.faults, state.closed_until = 0, None
    state.save()
    return state


@whole
def set_kill_switch(*, is_off: bool, actor: User, now: datetime, note: str = "") -> MessagingSwitch:
    """Switch all customer messages off or on. Messages to colleagues go on. Raises OutboxRefused."""
    _may_switch(actor)
    row, _ = MessagingSwitch.objects.update_or_create(
        pk=1, defaults={"is_off": is_off, "changed_at": now, "changed_by": actor, "note": note.strip()[:300]}
    )
    return row


def _may_switch(actor: User) -> None:
    if not actor.has_perm(SWITCH):
        raise OutboxRefused("You may not switch messages on or off.")


def _state(channel: str) -> ChannelState:
    ChannelState.objects.get_or_create(channel=channel)
    return ChannelState.objects.select_for_update().get(channel=channel)


# -- people who do not want messages, or cannot get them -------------------------------------------------------------


@whole
def refuse(*, email_key: str, store_id: int, purpose: str, how: str, now: datetime) -> OptOut:
    """Note that a person wants no messages of a purpose from a store; again is harmless. Raises ValueError."""
    if purpose not in Purpose.values or not email_key:
        raise ValueError(f"There is no purpose {purpose!r}.")
    row, _ = OptOut.objects.get_or_create(
        email_key=email_key, store_id=store_id, purpose=purpose, defaults={"at": now, "how": how[:16]}
    )
    return row


@whole
def accept(*, email_key: str, store_id: int, purpose: str) -> int:
    """Forget a refusal; return how many rows went."""
    return OptOut.objects.filter(email_key=email_key, store_id=store_id, purpose=purpose).delete()[0]


@whole
def take_mail_report(
    *, provider: str, event_id: str, message_id: str, email_key: str, news: str, at: datetime, detail: str = ""
) -> bool:
    """Take down what a mail provider reports; repeated and unordered reports do no harm. False: known already.

    A message that came back for good, or was called unwanted, blocks its address.
    """
    row = OutboxRow.objects.filter(provider_id=message_id).first() if message_id else None
    _, is_new = MailReport.objects.get_or_create(
        provider=provider,
        event_id=event_id[:200],
        defaults={"row": row, "news": news, "at": at, "detail": detail[:300]},
    )
    key = (row.address_key if row else "") or email_key
    if is_new and news in SUPPRESSING and key:
        SuppressedAddress.objects.get_or_create(
            email_key=key, defaults={"news": news, "at": at, "detail": detail[:300]}
        )
        if row is not None and news == MailNews.BOUNCED:
            OutboxRow.objects.filter(pk=row.pk, bounced_at=None).update(bounced_at=at)
    return is_new


@whole
def forget_customer(*, customer_id: int, now: datetime) -> int:
    """Erase a person: waiting messages to them are cancelled, and all texts about them emptied, also what services and
    colleagues were told of their orders; rows, refusals and figures stay. Return the number of rows.
    """
    orders = list(Order.objects.filter(customer_id=customer_id).values_list("pk", flat=True))
    to_them = Q(recipient=f"customer:{customer_id}")
    rows = OutboxRow.objects.filter(to_them | Q(order_id__in=orders))
    waiting = list(rows.filter(to_them, state__in=WAITING).select_for_update(no_key=True).order_by("pk"))
    OutboxRow.objects.filter(pk__in=[row.pk for row in waiting]).update(
        state=OutboxState.CANCELLED, reason="no_address", due_at=None, changed_at=now
    )
    record(
        entries=[known for row in waiting for known in knowledge_of(row, KnowledgeState.WITHHELD, now, "no_address")]
    )
    DeliveryAttempt.objects.filter(row__in=rows).update(detail="")
    OutboxAction.objects.filter(row__in=rows).update(note="")
    MailReport.objects.filter(row__in=rows).update(detail="")
    keys = Customer.objects.filter(pk=customer_id).values_list("email_key", flat=True)
    SuppressedAddress.objects.filter(email_key__in=list(keys)).update(detail="")
    return rows.update(subject_text="", body_text="", body_html="", text_removed_at=now)
