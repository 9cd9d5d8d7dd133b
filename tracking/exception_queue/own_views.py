"""Views of the queue that people keep for themselves: what they chose, under a name of theirs, in their own order."""

from urllib.parse import parse_qsl, urlencode

from django.db.models import Max

from tracking.exception_queue.wanted import Wanted
from tracking.models import SavedView
from tracking.transactions import whole

MOST = 20
LONGEST_NAME = 40
LONGEST_SEARCH = 100


class ViewRefused(Exception):
    """A view cannot be kept like this; the text is a sentence for the person."""


def of_person(user_id: int) -> list[SavedView]:
    """Return a person's views in their order. One query."""
    return list(SavedView.objects.filter(user_id=user_id)[:MOST])


def wanted_of(view: SavedView) -> tuple[Wanted, str]:
    """Return what a view chooses, and what it searches for ("" for nothing)."""
    values = dict(parse_qsl(view.query))
    return Wanted.read(values), values.get("q", "")


def as_query(wanted: Wanted, search: str) -> str:
    """Return what is kept of an address: what was chosen and searched for, nothing else."""
    searched = {"q": search.strip()[:LONGEST_SEARCH]} if search.strip() else {}
    return urlencode({**searched, **wanted.chosen()})


@whole
def save(*, user_id: int, name: str, wanted: Wanted, search: str = "") -> SavedView:
    """Keep what is chosen under a name; the same name again replaces it. Raises ViewRefused."""
    name, query = _checked(name), as_query(wanted, search)
    mine = SavedView.objects.filter(user_id=user_id)
    if not mine.filter(name=name).exists() and mine.count() >= MOST:
        raise ViewRefused(f"You have {MOST} views of your own already. Delete one first.")
    last = mine.aggregate(last=Max("position"))["last"]
    first = {"query": query, "position": 0 if last is None else last + 1}
    view, _ = SavedView.objects.update_or_create(
        user_id=user_id, name=name, defaults={"query": query}, create_defaults=first
    )
    return view


@whole
def rename(*, user_id: int, view_id: int, name: str) -> None:
    """Give one of a person's views another name. Raises ViewRefused, SavedView.DoesNotExist."""
    name = _checked(name)
    if SavedView.objects.filter(user_id=user_id, name=name).exclude(pk=view_id).exists():
        raise ViewRefused(f"Another view of yours is called “{name}”.")
    if not SavedView.objects.filter(user_id=user_id, pk=view_id).update(name=name):
        raise SavedView.DoesNotExist


@whole
def delete(*, user_id: int, view_id: int) -> None:
    """Forget one of a person's views; one that is gone already is no error."""
    SavedView.objects.filter(user_id=user_id, pk=view_id).delete()


@whole
def move(*, user_id: int, view_id: int, up: bool) -> None:
    """Put a view one place up or down; at the end of the list it stays. Raises SavedView.DoesNotExist."""
    rows = list(SavedView.objects.select_for_update().filter(user_id=user_id))
    at = next((place for place, row in enumerate(rows) if row.pk == view_id), None)
    if at is None:
        raise SavedView.DoesNotExist
    to = max(0, min(len(rows) - 1, at - 1 if up else at + 1))
    rows.insert(to, rows.pop(at))
    for place, row in enumerate(rows):
        row.position = place
    SavedView.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=["position"])


def _checked(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned:
        raise ViewRefused("Give the view a name.")
    if len(cleaned) > LONGEST_NAME:
        raise ViewRefused(f"A name has at most {LONGEST_NAME} characters.")
    return cleaned
