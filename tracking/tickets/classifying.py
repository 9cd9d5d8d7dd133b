"""What a customer's words are about, in English and Spanish. Pure: fixed phrases, no guessing beyond them.

The graver meaning wins: who writes "it says delivered but where is it?" has not received it.
"""

import re
import unicodedata

from tracking.vocabulary import TicketKind

_PHRASES: tuple[tuple[TicketKind, tuple[str, ...]], ...] = (
    (
        TicketKind.NOT_RECEIVED,
        (
            r"(says?|said|shows?|marked|showing|listed)( as| it was| it is| it'?s| that it was)* delivered.{0,80}"
            r"\b(not|never|n'?t|nothing|no sign|where|missing|nowhere)\b",
            r"\b(not|never|have ?n'?t|has ?n'?t|did ?n'?t|do ?n'?t) (yet )?(get|got|gotten|receive|received"
            r"|arrive|arrived)\b"
            r".{0,80}\bdelivered\b",
            r"\bdelivered\b.{0,60}\b(did ?n'?t|have ?n'?t|never|not) (get|got|receive|received|arrive"
            r"|arrived|here|there)\b",
            r"\b(stolen|porch pirate)\b",
            r"\b(figura|aparece|dice|consta|pone|marcado|indica)\b.{0,30}\bentregad[oa]\b.{0,80}\b(no|nunca"
            r"|nada|donde|ningun)\b",
            r"\bno (lo |la |me |nos )*(he |hemos )?(recibi|recibido|llego|ha llegado)\b.{0,80}\bentregad[oa]\b",
            r"\b(robado|robaron)\b",
        ),
    ),
    (
        TicketKind.DAMAGED,
        (
            r"\b(arrived|came|was|is|were|are|got) (completely |totally |badly |all )?(broken|damaged"
            r"|smashed|crushed|shattered)\b",
            r"\b(damaged|broken|crushed) (box|parcel|package|item|goods|in transit|on arrival)\b",
            r"\b(llego|esta|estaba|vino|llegaron) (muy |todo |completamente )?(rot[oa]s?|danad[oa]s?"
            r"|aplastad[oa]s?|abiert[oa])\b",
        ),
    ),
    (
        TicketKind.WRONG_ADDRESS,
        (
            r"\b(wrong|incorrect|old|previous) (shipping |delivery |postal )?address\b",
            r"\b(change|correct|update|fix) (the |my |our )?(shipping |delivery )?address\b",
            r"\bdireccion (esta )?(equivocada|incorrecta|antigua|mal)\b",
            r"\b(cambiar|corregir|actualizar) (la |mi )?direccion\b",
        ),
    ),
    (
        TicketKind.WISMO,
        (
            r"\bwhere('?s| is| are|s)\b.{0,40}\b(order|parcel|package|delivery|shipment|item|stuff|it|purchase)\b",
            r"\b(track|tracking|status of|update on|locate|find)\b.{0,40}\b(order|parcel|package|delivery|shipment)\b",
            r"\btracking (number |info(rmation)? |page |link )?(has ?n'?t|has not|does ?n'?t|is ?n'?t|not"
            r"|stopped|stuck)\b",
            r"\bwhen (will|is|does|can|should)\b.{0,50}\b(arrive|come|delivered|get here|expect|ship|here)\b",
            r"\b(have|has|did|do|does|is|was) ?(n'?t| not| never)( yet)? (received|receive|got|gotten|get"
            r"|arrived|arrive|come|shipped)\b",
            r"\b(still|been) waiting\b.{0,60}\b(order|parcel|package|delivery|shipment|item|weeks?|days?)\b",
            r"\b(never|not) (arrived|came|received|shipped|turned up|showed up)\b",
            r"\b(lost|missing|late|delayed|overdue)\b.{0,20}\b(order|parcel|package|delivery|shipment)\b",
            r"\b(order|parcel|package|delivery|shipment)\b.{0,30}\b(is |be )?(lost|missing|late|delayed"
            r"|overdue|stuck)\b",
            r"\bdonde (esta|estan|anda|queda|se encuentra)\b",
            r"\bcuando (llega|llegara|llegan|recibire|me llega|va a llegar|lo recib|sale|lo envian)\b",
            r"\b(no|nunca|aun no|todavia no)\b.{0,15}\b(he recibido|hemos recibido|recibi|llega|llego"
            r"|ha llegado|me llego)\b",
            r"\b(seguimiento|rastrear|rastreo|estado)\b.{0,30}\b(pedido|paquete|envio|compra)\b",
            r"\b(pedido|paquete|envio)\b.{0,30}\b(perdido|retrasado|tarde|demorado|atascado)\b",
            r"\bsigo esperando\b",
        ),
    ),
)
_RULES = tuple((kind, tuple(re.compile(phrase) for phrase in phrases)) for kind, phrases in _PHRASES)
LONGEST = 4000
"""Characters that are read: the question stands at the beginning, quoted mails at the end."""


def classify(subject: str, text: str) -> TicketKind:
    """Return what a ticket is about; `other` when none of the phrases occurs."""
    said = _plain(f"{subject}. {text}"[:LONGEST])
    return next((kind for kind, rules in _RULES if any(rule.search(said) for rule in rules)), TicketKind.OTHER)


def _plain(text: str) -> str:
    """Lower case, without accents, one line, plain apostrophes."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return re.sub(r"\s+", " ", "".join(each for each in bare if not unicodedata.combining(each)))
