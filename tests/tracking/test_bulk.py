from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from tracking import bulk
from tracking.models import CaseActivity, DomainEvent, InboundMessage, PollState, WakeFlag

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)
NEWS = ("kind", "at", "shipment_id", "payload")


def test_rows_are_written_in_their_order_with_exact_moments_and_json() -> None:
    there = AT.astimezone(timezone(timedelta(hours=-5)))
    payload = {"text": 'ü "quoted" \\ %s', "days": [1, None, True]}
    assert bulk.insert(DomainEvent, NEWS, [("a.b", there, 2**40, payload), ("c.d", AT, None, {})]) == 2
    assert list(DomainEvent.objects.order_by("id").values_list(*NEWS)) == [
        ("a.b", AT, 2**40, payload),
        ("c.d", AT, None, {}),
    ]


def test_no_row_asks_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert bulk.insert(DomainEvent, NEWS, []) == 0
        assert bulk.update(DomainEvent, ("id", "kind"), []) == 0


def test_only_named_columns_of_named_rows_change() -> None:
    one, two = (DomainEvent.objects.create(kind=kind, at=AT, payload={"n": 1}) for kind in ("a.a", "b.b"))
    assert bulk.update(DomainEvent, ("id", "kind", "relayed_at"), [(two.pk, "c.c", AT)]) == 1
    assert list(DomainEvent.objects.order_by("id").values_list("pk", "kind", "relayed_at", "payload")) == [
        (one.pk, "a.a", None, {"n": 1}),
        (two.pk, "c.c", AT, {"n": 1}),
    ]


def test_a_text_too_long_is_refused_and_not_cut() -> None:
    with pytest.raises(DataError), transaction.atomic():
        bulk.insert(WakeFlag, ("lane",), [("x" * 33,)])
    assert not WakeFlag.objects.exists()


def test_what_the_tail_says_happens_to_rows_known_already() -> None:
    assert bulk.insert(WakeFlag, ("lane",), [("one",), ("two",)]) == 2
    assert bulk.insert(WakeFlag, ("lane",), [("two",), ("three",)], "ON CONFLICT DO NOTHING") == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(WakeFlag, ("lane",), [("one",)])


def test_a_value_that_json_has_not_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        bulk.insert(InboundMessage, ("body",), [(b"x",)])


def test_columns_take_the_types_of_the_model() -> None:
    assert bulk.recordset(PollState, ("number", "failures", "next_poll_at")) == (
        'json_to_recordset(%s) AS told ("number" text, "failures" smallint, "next_poll_at" timestamp with time zone)'
    )
    assert bulk.document(("day",), [(date(2026, 11, 22),)]) == '[{"day": "2026-11-22"}]'


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22 09:30:00.123456+00", AT),
        ("2026-11-22 09:30:00+00", AT.replace(microsecond=0)),
        ("2026-11-22 09:30:00.1+00", AT.replace(microsecond=100_000)),
        ("2026-11-22 04:30:00.123456-05", AT),
        ("0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_moments_are_read_exactly_and_in_utc(text: str, moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        found = cursor.fetchone()[0]
    assert found == moment
    assert found.tzinfo is UTC


def test_a_moment_python_cannot_hold_is_refused_as_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT '12026-01-01'::timestamptz")
        with pytest.raises(DataError, match="too large"):
            cursor.fetchone()


def test_many_ids_related_rows_or_texts_are_asked_for_by_one_parameter() -> None:
    one, two, _ = (DomainEvent.objects.create(kind=kind, at=AT, payload={}) for kind in ("a", 'b,"{}\\', "c"))
    rows = DomainEvent.objects.order_by("id")
    assert list(rows.filter(pk__any_of={two.pk, one.pk, 0})) == [one, two]
    assert list(rows.filter(kind__any_of=[two.kind, "z"])) == [two]
    assert rows.filter(pk__any_of=range(10_000)).update(kind="d") == 3
    assert not rows.filter(pk__any_of=[]).exists()
    assert not CaseActivity.objects.filter(case__any_of=[one.pk]).exists()
