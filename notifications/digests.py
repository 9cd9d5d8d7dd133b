"""The digest of cases that nobody has: asked for at set hours, then decided and sent like all other news."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from notifications.cards import DIGEST
from notifications.models import ChannelAccount
from tracking.domain_events import News, publish
from tracking.exception_queue.wanted import BREACHING
from tracking.models import ExceptionCase
from tracking.models.case import OPEN
from tracking.transactions import whole

HOURS = "9,14"  # where the account's `digest_hours` says nothing
ZONE = "UTC"


@whole
def ask_for_digest(*, channel: str, now: datetime) -> bool:
    """Publish that unowned cases are due, once in each hour of the account's `digest_hours`; return whether it did.

    Hours are those of `digest_zone`. Nothing is said when every case has an owner. `now` aware UTC.
    """
    account = ChannelAccount.objects.select_for_update().filter(channel=channel, name="", is_active=True).first()
    if account is None or not _is_time(account, now):
        return False
    account.digested_at = now
    account.save(update_fields=["digested_at"])
    due = ExceptionCase.objects.filter(OPEN & Q(owner=None), time_left_at__lte=now + BREACHING)
    if not due.exists():
        return False
    publish([News(DIGEST, now, payload={"channel": channel})])
    return True


def _is_time(account: ChannelAccount, now: datetime) -> bool:
    hours = {text.strip() for text in str(account.settings.get("digest_hours", HOURS)).split(",")}
    if str(now.astimezone(_zone(account)).hour) not in hours:
        return False
    return account.digested_at is None or now - account.digested_at >= timedelta(hours=1)


def _zone(account: ChannelAccount) -> ZoneInfo:
    try:
        return ZoneInfo(str(account.settings.get("digest_zone") or ZONE))
    except (KeyError, ValueError, OSError):
        return ZoneInfo(ZONE)
