"""Looking at personal data: allowed to some, logged always."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction

from tracking.models import InboundMessage, RevealLog
from tracking.privacy.errors import RevealRefused
from tracking.privacy.queries import message_label

REVEAL = "tracking.reveal_personal_data"

Reader = AbstractBaseUser | AnonymousUser


def may_reveal(user: Reader) -> bool:
    """Return whether this person may see personal data unmasked (after a logged click)."""
    return isinstance(user, User) and user.has_perm(REVEAL)


@transaction.atomic
def reveal_customer(*, customer_id: int, actor: Reader, now: datetime, where: str) -> RevealLog:
    """Log that `actor` looks at a customer from `where` ("order 12"); screens show it unmasked for 15 minutes.

    Raises RevealRefused when the person may not.
    """
    return RevealLog.objects.create(user=_allowed(actor), customer_id=customer_id, at=now, where=where[:120])


@transaction.atomic
def reveal_message(*, message: InboundMessage, actor: Reader, now: datetime) -> RevealLog:
    """Log that `actor` looks at the body of an inbound message as it came. Raises RevealRefused."""
    return RevealLog.objects.create(user=_allowed(actor), at=now, where=message_label(message.pk))


def _allowed(actor: Reader) -> User:
    if not (isinstance(actor, User) and may_reveal(actor)):
        raise RevealRefused("You may not see personal data. An administrator can give you that permission.")
    return actor
