"""`manage.py erase`: empty all that is personal of customers who asked for it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking import clock
from tracking.models import Customer
from tracking.models.parties import email_hash
from tracking.privacy.erasing import erase_customers, erase_requested


class Command(BaseCommand):
    help = (
        "Empty all that is personal of a customer: messages that spoke of them, what they and colleagues wrote, texts "
        "they were sent. Orders, parcels, cases and figures stay. It cannot be undone; safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom: one address, or everybody a shop asked us to erase."""
        parser.add_argument("email", nargs="?", help="the customer's e-mail address, at every store unless --store")
        parser.add_argument("--store", help="only at this store")
        parser.add_argument("--requested", action="store_true", help="do all open privacy tasks that ask for erasure")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase and say how much was emptied; fail when nobody was named or nobody is known by that address."""
        if bool(options["email"]) == options["requested"]:
            raise CommandError("Name one e-mail address, or --requested.")
        if options["requested"]:
            done = erase_requested(now=clock.now())
        else:
            rows = Customer.objects.filter(email_key=email_hash(options["email"]))
            rows = rows.filter(store__name=options["store"]) if options["store"] else rows
            ids = list(rows.values_list("pk", flat=True))
            if not ids:
                raise CommandError("Nobody is known by that address.")
            done = erase_customers(customer_ids=ids, now=clock.now())
        self.stdout.write(f"{done.customers} customers were erased, {done.messages} messages emptied.")
