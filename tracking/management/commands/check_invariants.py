"""Look for cases that break a rule that must always hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking.exception_queue.invariants import broken_invariants


class Command(BaseCommand):
    """Prints each invariant that does not hold; the exit code is 1 when there is any."""

    help = "Find cases that lack a team, next action, due time or rule, or break another rule that must always hold."

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask every question; reads only."""
        found = broken_invariants()
        for each in found:
            self.stdout.write(f"{each.count} rows break: {each.says}. Ids: {', '.join(map(str, each.ids))}")
        if found:
            raise CommandError(f"{len(found)} invariants do not hold.")
        self.stdout.write("All invariants hold.")
