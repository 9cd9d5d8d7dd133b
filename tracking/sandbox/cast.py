"""Who orders what in the pretend world: people, addresses, goods. All drawn from one seeded generator."""

import unicodedata
from dataclasses import dataclass
from random import Random

from tracking.sandbox.places import TOWNS, Town

_POOL = 90  # people per store and country: some order twice

_NAMES = {
    "en": (
        (
            "Avery",
            "Noor",
            "Grace",
            "Owen",
            "Priya",
            "Theo",
            "Maya",
            "Caleb",
            "Ines",
            "Wyatt",
            "Leila",
            "Jonas",
            "Tessa",
            "Amara",
            "Felix",
            "Hana",
            "Oscar",
            "Ruth",
        ),
        (
            "Lindqvist",
            "Okafor",
            "Marsh",
            "Delaney",
            "Patel",
            "Whitaker",
            "Romero",
            "Kaplan",
            "Nguyen",
            "Harlow",
            "Osei",
            "Brandt",
            "Sutton",
            "Ibarra",
        ),
    ),
    "es": (
        (
            "Lucía",
            "Mateo",
            "Valeria",
            "Tomás",
            "Camila",
            "Andrés",
            "Renata",
            "Julián",
            "Inés",
            "Rafael",
            "Paloma",
            "Emilio",
            "Marisol",
            "Bruno",
            "Elena",
        ),
        (
            "Herrera",
            "Salazar",
            "Montes",
            "Rivas",
            "Cárdenas",
            "Peña",
            "Zamora",
            "Ledesma",
            "Quintero",
            "Araya",
            "Beltrán",
            "Figueroa",
            "Olmos",
        ),
    ),
}
_STREETS = (
    "Alder",
    "Birch",
    "Cedar",
    "Dover",
    "Elm",
    "Franklin",
    "Garnet",
    "Hollis",
    "Juniper",
    "Kenton",
    "Linden",
    "Mercer",
)

_GOODS = {
    "northlight": (
        ("NL-LMP-01", "Oak desk lamp", 0.45),
        ("NL-BLK-02", "Merino throw blanket", 0.35),
        ("NL-MUG-04", "Stoneware mug, set of four", 0.2),
        ("NL-CLK-03", "Wall clock, ash", 0.3),
    ),
    "casa": (
        ("CL-VEL-10", "Vela de cera de soja", 0.2),
        ("CL-CER-07", "Jarrón de cerámica", 0.4),
        ("CL-TEX-02", "Camino de mesa de lino", 0.25),
        ("CL-LAM-05", "Farol de hojalata", 0.45),
    ),
    "maple": (
        ("MP-SYR-01", "Amber maple syrup, three bottles", 0.25),
        ("MP-BRD-02", "Pine serving board", 0.35),
        ("MP-HAT-09", "Lambswool toque", 0.3),
    ),
    "tallow": (
        ("TT-SOAP-3", "Cedar soap, three bars", 0.2),
        ("TT-BAG-11", "Waxed canvas tote", 0.45),
        ("TT-TWN-02", "Garden twine on a spool", 0.3),
    ),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of one store, always at the same address."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    locale: str
    street: str
    town: Town


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; `price` in minor units."""

    id: int
    sku: str
    title: str
    quantity: int
    price: int
    needs_shipping: bool = True


def person(seed: int, store: str, language: str, country: str, index: int) -> Person:
    """Return the `index`-th customer of a store in a country: the same answer every time."""
    draw = Random(f"{seed}/person/{store}/{country}/{index}")
    firsts, lasts = _NAMES[language]
    first, last = draw.choice(firsts), draw.choice(lasts)
    town = draw.choice([town for town in TOWNS if town.country == country])
    ascii_name = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    return Person(
        id=7_400_000_000_000 + draw.randrange(10**9),
        first_name=first,
        last_name=last,
        email=f"{ascii_name}.{country.lower()}{index}@example.com",
        phone=f"+1555{draw.randrange(200, 999)}01{index % 100:02d}",
        locale=f"{language}-{country}",
        street=f"{draw.randrange(11, 2400)} {draw.choice(_STREETS)} St",
        town=town,
    )


def draw_person(draw: Random, seed: int, store: str, language: str, country: str) -> Person:
    """Pick a customer of the store's pool."""
    return person(seed, store, language, country, draw.randrange(_POOL))


def draw_lines(draw: Random, store: str, value: tuple[int, int], order_id: int) -> tuple[Line, ...]:
    """Pick one to three goods whose prices add up to a total inside `value` (minor units)."""
    goods = draw.sample(_GOODS[store], k=draw.randint(1, 3))
    total = draw.randrange(*value)
    weights = [weight for _, _, weight in goods]
    prices = [int(total * weight / sum(weights)) for weight in weights]
    return tuple(
        Line(order_id * 10 + place, sku, title, 1, price)
        for place, ((sku, title, _), price) in enumerate(zip(goods, prices, strict=True), start=1)
    )
