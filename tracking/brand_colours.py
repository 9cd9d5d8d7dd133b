"""A store's colour as customers see it: dark or light enough to be read, whatever colour it is. Pure.

Contrast as WCAG 2.2 defines it: 4.5 for words, 3 for shapes.
"""

import re
from dataclasses import dataclass

OWN = "#24483d"
"""For stores that have named none."""
LIGHT, DARK = "#f5f6f2", "#1b2220"  # grounds of the customer's page that are hardest to read on
WORDS, SHAPES = 4.5, 3.0
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Shades:
    """`fill` for surfaces, `on_fill` for words on them, `ink` for words in the store's colour."""

    fill: str
    on_fill: str
    ink: str


def is_colour(text: str) -> bool:
    """Whether this is a colour as stores name it: "#24483d"."""
    return bool(_COLOUR.fullmatch(text))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable_on(fill: str) -> str:
    """Return white or black, whichever is read better on a surface; one of them always reaches 4.5."""
    return max("#ffffff", "#000000", key=lambda each: contrast(each, fill))


def shades(colour: str, ground: str) -> Shades:
    """Return the shades of a colour on a ground; anything that is no colour counts as our own."""
    chosen = colour if is_colour(colour) else OWN
    fill = _apart(chosen, ground, SHAPES)
    return Shades(fill, readable_on(fill), _apart(chosen, ground, WORDS))


def style_sheet(colour: str) -> str:
    """Return what the customer's page says in a store's colour, light and dark; "" for a store that has none."""
    if not is_colour(colour):
        return ""
    light, dark = (_variables(shades(colour, ground)) for ground in (LIGHT, DARK))
    return f"@media screen{{{light}}}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def _variables(of: Shades) -> str:
    return f":root{{--own:{of.fill};--on-own:{of.on_fill};--own-ink:{of.ink}}}"


def _apart(colour: str, ground: str, least: float) -> str:
    """The nearest shade of a colour that stands out from the ground: darker on a light one, lighter on a dark one."""
    towards = readable_on(ground)
    shaded = (_mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next((each for each in shaded if contrast(each, ground) >= least), towards)


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in (part / 255 for part in _parts(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
