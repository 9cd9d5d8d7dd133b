"""Templates: limited, never dangerous, and the same facts in text and HTML."""

import re
import tomllib
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.configuration import PRESETS, languages
from notifications.rendering import SAMPLES, BrokenTemplate, Footer, render, validate
from notifications.rules.presets import RULES

BAD = {
    "no end": ("{{ parcel.number", 1),
    "unknown variable": ("Hello\n{{ parcel.colour }}", 2),
    "a whole thing": ("Hello\n\n{{ parcel }}", 3),
    "unknown filter": ("Hello\n{{ parcel.number | shout }}", 2),
    "safe": ("{{ parcel.number | safe }}", 1),
    "include": ("Hello\n{% include 'secrets' %}", 2),
    "open tag": ("a\nb\n{% if parcel.number %}", 3),
    "endless loop": ("{% for i in (1..100000000) %}x{% endfor %}", 1),
    "endless text": (
        "{% assign a = 'xxxxxxxxxx' %}{% for i in (1..100) %}{% assign a = a | append: a %}{% endfor %}",
        1,
    ),
    "python": ("{{ parcel.number.__class__ }}", 1),
    "empty": ("  ", 1),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_template_is_refused_with_its_line(name: str) -> None:
    body, line = BAD[name]
    problems = validate(subject="Hello", body=body)
    assert problems, name
    assert (problems[0].part, problems[0].line) == ("body", line)
    assert problems[0].sentence.endswith(".")


def test_a_missing_variable_never_leaves_silently() -> None:
    with pytest.raises(BrokenTemplate):
        render(subject="Hello", body="{{ parcel.number }}", values={"parcel": {}})


@pytest.mark.parametrize("text", ["Your parcel is on its way", "Tu paquete está en camino", "In Transit!"])
def test_a_message_that_may_leave_before_the_scan_may_not_claim_movement(text: str) -> None:
    assert validate(subject="Hello", body=f"Good news\n{text}", says_it_moves=False)[0].line == 2
    assert validate(subject="Hello", body=text) == []


@pytest.mark.parametrize("language", languages())
def test_every_preset_rule_has_a_template_that_works_in_every_language(language: str) -> None:
    words = tomllib.loads((PRESETS / f"{language}.toml").read_text("utf-8"))
    for rule in (rule for rule in RULES if rule.template):
        told = words[rule.template]
        assert validate(subject=told["subject"], body=told["body"], says_it_moves=rule.needs_scan) == []


def visible(html: str) -> list[str]:
    """The words a reader of the HTML sees, links with their addresses."""
    body = re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL)
    body = re.sub(r'<a href="([^"]*)"[^>]*>(.*?)</a>', r"\2 \1", body)
    return unescape(re.sub(r"<[^>]+>", " ", body)).replace("\xa0", " ").split()


def spoken(text: str) -> list[str]:
    """The words a reader of the plain text sees, marks of lists and links left out."""
    lines = [re.sub(r"^(- |-- $)", "", line) for line in text.splitlines()]
    return re.sub(r": (https?://)", r" \1", "\n".join(lines)).split()


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("sample", SAMPLES, ids=["full", "empty"])
def test_text_and_html_say_the_same(language: str, sample: dict[str, object]) -> None:
    words = tomllib.loads((PRESETS / f"{language}.toml").read_text("utf-8"))
    footer = Footer("Bright & Co", "#ffd400", "You ordered at Bright.", "Stop", "https://example.com/u/x")
    for rule in (rule for rule in RULES if rule.template):
        told = words[rule.template]
        made = render(subject=told["subject"], body=told["body"], values=sample, language=language, footer=footer)
        assert visible(made.html) == spoken(made.text)
        assert "background:#ffd400;color:#000000" in made.html  # words on the store's colour can be read


NASTY = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "[[Click here]]",
        "a\n\n[[Click]]",
        "{{ page_url }}",
        "{% for %}",
        "x\r\nBcc: a@b.c",
        "'\"><img>",
    ]
)


@given(name=NASTY, number=NASTY)
def test_no_value_can_make_markup_lines_buttons_or_headers(name: str, number: str) -> None:
    values = {**SAMPLES[0], "customer": {"first_name": name}, "order": {"number": number}}
    made = render(
        subject="Order {{ order.number }}", body="{{ customer.first_name }}\n\n- {{ order.number }}", values=values
    )
    assert "\n" not in made.subject and "\r" not in made.subject
    assert "<script" not in made.html and "<img" not in made.html and "<a " not in made.html
    assert made.html.count("<li") <= 1


def test_the_layout_is_a_table_of_six_hundred_pixels_with_inline_styles_only() -> None:
    made = render(subject="Hello", body="Hello\n\n[[Look]]", values=SAMPLES[0])
    assert 'width="600"' in made.html and "max-width:600px" in made.html
    assert "<style" not in made.html and "class=" not in made.html and "<script" not in made.html
    assert 'href="https://example.com/track/sample/"' in made.html
