"""What customers' words are about: a table of what they write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.tickets.classifying import classify
from tracking.vocabulary import TicketKind

WISMO, GONE, OTHER = TicketKind.WISMO, TicketKind.NOT_RECEIVED, TicketKind.OTHER
DAMAGED, ADDRESS = TicketKind.DAMAGED, TicketKind.WRONG_ADDRESS


@pytest.mark.parametrize(
    ("subject", "text", "kind"),
    [
        ("Where is my order?", "", WISMO),
        ("Order #1001", "Hi, where’s my package??", WISMO),
        ("", "When will it arrive? I need it by Friday.", WISMO),
        ("", "I haven't received my order yet", WISMO),
        ("", "The tracking hasn't moved in five days", WISMO),
        ("Parcel lost?", "My parcel seems to be stuck in Memphis", WISMO),
        ("", "I am still waiting for my delivery", WISMO),
        ("", "Could I get an update on my shipment please", WISMO),
        ("¿Dónde está mi pedido?", "", WISMO),
        ("Pedido 1001", "¿Cuándo llega mi paquete?", WISMO),
        ("", "Todavía no he recibido el paquete", WISMO),
        ("", "Quiero el seguimiento de mi envío", WISMO),
        ("", "Sigo esperando desde hace dos semanas", WISMO),
        ("", "It says delivered but I never got it", GONE),
        ("Marked as delivered", "but nothing is here", GONE),
        ("", "Tracking shows delivered yesterday. Where is it?", GONE),
        ("", "I didn't receive my parcel although it was delivered according to UPS", GONE),
        ("", "I think it was stolen", GONE),
        ("", "Figura como entregado pero no lo he recibido", GONE),
        ("", "No me ha llegado, y pone que está entregado", GONE),
        ("Broken", "The vase arrived broken", DAMAGED),
        ("", "La caja llegó rota", DAMAGED),
        ("", "I gave you the wrong address, sorry", ADDRESS),
        ("", "Can you change the shipping address?", ADDRESS),
        ("", "Me equivoqué: la dirección está equivocada", ADDRESS),
        ("Refund", "Please refund order 1001, the size is wrong", OTHER),
        ("Invoice", "I need an invoice with our VAT number", OTHER),
        ("Thanks!", "Everything was delivered, all fine.", OTHER),
        ("", "¿Tienen tallas más grandes?", OTHER),
        ("", "", OTHER),
    ],
)
def test_what_customers_write(subject: str, text: str, kind: TicketKind) -> None:
    assert classify(subject, text) == kind


@given(st.text(max_size=5000), st.text(max_size=5000))
def test_any_text_is_read(subject: str, text: str) -> None:
    assert classify(subject, text) in TicketKind
