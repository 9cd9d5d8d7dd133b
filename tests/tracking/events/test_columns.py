"""The order in which the columns of the largest table lie."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_columns_of_events_leave_no_gaps() -> None:
    """Eight bytes, then four, then texts: a column of eight behind a text would cost every row of the largest table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT typalign FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid "
            "WHERE attrelid = 'tracking_trackingevent'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        alignments = "".join("t" if align == "i" else align for (align,) in cursor.fetchall())
    assert alignments == "".join(sorted(alignments))
