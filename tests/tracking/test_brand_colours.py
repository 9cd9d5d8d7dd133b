"""A store's colour can be read on the customer's page and in messages, whatever colour it is."""

from hypothesis import given
from hypothesis import strategies as st

from tracking.brand_colours import DARK, LIGHT, OWN, contrast, is_colour, readable_on, shades, style_sheet

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colours)
def test_words_and_shapes_stand_out_in_light_and_dark(colour: str) -> None:
    for ground in (LIGHT, DARK):
        found = shades(colour, ground)
        assert contrast(found.fill, ground) >= 3
        assert contrast(found.ink, ground) >= 4.5
        assert contrast(found.on_fill, found.fill) >= 4.5
    assert contrast(readable_on(colour), colour) >= 4.5


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#ffffff", "#000000") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert shades(OWN, LIGHT).fill == OWN  # a colour that can be read stays as it is


def test_nothing_but_a_colour_reaches_a_style_sheet() -> None:
    assert [is_colour(text) for text in ("#24483d", "#24483D", "24483d", "#fff", "red", "#24483d;}", "")] == [
        True, True, *[False] * 5,
    ]  # fmt: skip
    assert style_sheet("#fff}body{display:none") == style_sheet("") == ""
    assert "--own:#24483d" in style_sheet("#24483d")
