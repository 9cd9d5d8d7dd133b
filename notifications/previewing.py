"""Shows how a message would read for a real parcel. Writes and sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from notifications.configuration import Templates
from notifications.models import OutboxRow
from notifications.rendering import BrokenTemplate, Rendered, fill, render
from notifications.vocabulary import Audience
from notifications.wording import footer_for, sentence_language, store_of, values_for, wanted_languages
from tracking.models import Customer, ExceptionCase, Shipment
from tracking.privacy import masking

PARTS = ("store", "carrier", "service", "order__customer", "order__store")
FIRST_NAME = "{{ customer.first_name }}"
"""May stand in a text by hand: filled in when it is kept, so that nobody has to see the name to use it."""
SHOWN_LINK = "https://example.com/u/"
"""Stands for the signed link by which only the customer may refuse messages."""


@dataclass(frozen=True, slots=True)
class Words:
    """A wording: of a version in force, or of a draft."""

    subject: str
    body: str
    language: str


def parcels(ids: Sequence[int]) -> list[Shipment]:
    """Return parcels with what messages speak of, in order of their ids. One query."""
    return list(Shipment.objects.filter(pk__in=ids).select_related(*PARTS).order_by("pk"))


def customer_of(shipments: Sequence[Shipment]) -> Customer | None:
    """Return the customer of the first parcel that has one."""
    return next((row.order.customer for row in shipments if row.order and row.order.customer), None)


def shown(
    words: Words,
    shipments: Sequence[Shipment],
    *,
    revealed: bool,
    case: ExceptionCase | None = None,
    is_customers: bool = True,
) -> Rendered:
    """Render a wording for these parcels, the customer masked unless revealed. Raises BrokenTemplate."""
    store = store_of(shipments[0] if shipments else None)
    return render(
        subject=words.subject,
        body=words.body,
        values=_values(words.language, shipments, revealed, case),
        language=words.language,
        footer=footer_for(words.language, store, SHOWN_LINK) if is_customers else None,
    )


def filled(words: Words, shipments: Sequence[Shipment], *, case: ExceptionCase | None = None) -> tuple[str, str]:
    """Return subject and body as a colleague would go on writing them: filled in, but for the customer's name.

    Raises BrokenTemplate.
    """
    values = _values(words.language, shipments, True, case)
    if values["customer"]["first_name"]:
        values["customer"] = {"first_name": FIRST_NAME}
    return fill(subject=words.subject, body=words.body, values=values)


def _values(language: str, shipments: Sequence[Shipment], revealed: bool, case: ExceptionCase | None) -> dict[str, Any]:
    customer = customer_of(shipments)
    values = values_for(shipments, language=sentence_language(language), customer=customer, case=case)
    if not revealed:
        first_name = values["customer"]["first_name"]
        values["customer"] = {"first_name": masking.about(first_name, customer)}
    return values


def words_of_row(row: OutboxRow, *, revealed: bool) -> tuple[Rendered | None, str]:
    """Return what a message says, or would say if it left now, and a sentence that says which of the two it is."""
    shipments = parcels(row.covers)
    customer = customer_of(shipments)
    if row.body_text:
        said = Rendered(row.subject_text, row.body_text, row.body_html)
        return said if revealed else _masked(said, customer), "The exact text."
    if row.text_removed_at:
        return None, "The text is no longer kept."
    store = store_of(shipments[0] if shipments else None)
    template = Templates().choose(row.template_key, wanted_languages(customer, store))
    if template is None:
        return None, f'There is no template "{row.template_key}".'
    words = Words(template.subject, template.body, template.language)
    case = ExceptionCase.objects.filter(pk=row.case_id).first() if row.case_id else None
    try:
        found = shown(words, shipments, revealed=revealed, case=case, is_customers=row.audience == Audience.CUSTOMER)
    except BrokenTemplate as error:
        return None, str(error)
    return found, "As it would read if it left now; it is written anew when it leaves."


def _masked(said: Rendered, customer: Customer | None) -> Rendered:
    return Rendered(*(masking.about(part, customer) for part in (said.subject, said.text, said.html)))
