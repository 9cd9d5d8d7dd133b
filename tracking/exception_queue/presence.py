"""Who has which case open at the moment. Looking is not acting: nothing here touches a case or its clocks."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tracking.models import ExceptionCase, Presence
from tracking.transactions import whole

REPEATED_EVERY = timedelta(seconds=15)
SHOWN_FOR = timedelta(seconds=45)


@whole
def be_present(*, user_id: int, case_id: int, kind: str, now: datetime) -> None:
    """Say that a person has a case open (`viewing` or `editing`); an unknown case or kind is passed over.

    What the same person left long ago goes away with it, so the table stays as small as the number of open pages.
    """
    Presence.objects.filter(user_id=user_id, seen_at__lt=now - SHOWN_FOR).delete()
    if kind in Presence.Kind.values and ExceptionCase.objects.filter(pk=case_id).exists():
        Presence.objects.bulk_create(
            [Presence(user_id=user_id, case_id=case_id, kind=kind, seen_at=now)],
            update_conflicts=True,
            unique_fields=["user", "case"],
            update_fields=["kind", "seen_at"],
        )


@whole
def leave(*, user_id: int, case_id: int) -> None:
    """Say that a person has closed a case."""
    Presence.objects.filter(user_id=user_id, case_id=case_id).delete()


def present_at(case_ids: Iterable[int], *, now: datetime, without: int | None) -> dict[int, list[Presence]]:
    """Return who is at these cases now, by case id, those who write first; not `without`. One query."""
    fresh = Presence.objects.filter(case_id__in=list(case_ids), seen_at__gt=now - SHOWN_FOR)
    if without is not None:
        fresh = fresh.exclude(user_id=without)
    found: dict[int, list[Presence]] = {}
    for each in fresh.select_related("user").order_by("case_id", "kind", "user_id"):
        found.setdefault(each.case_id, []).append(each)
    return found
