"""`manage.py rotate_keys`: write all stored secrets with the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking.privacy.keys import rotate_keys


class Command(BaseCommand):
    help = (
        "Write all stored secrets and tokens again with the first key of FIELD_KEYS. Afterwards the other keys can be "
        "removed. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate and say how many rows were written; fail when a row could not be read."""
        done = rotate_keys()
        self.stdout.write(f"{done.count} rows are written with the newest key.")
        if done.unreadable:
            raise CommandError(f"No key of FIELD_KEYS opens {', '.join(done.unreadable)}. Keep the old keys.")
