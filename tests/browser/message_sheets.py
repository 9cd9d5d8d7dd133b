"""Makes the pictures of docs/messages.md: every message to customers as it would read for a sample parcel.

    .venv/bin/python -m tests.browser.message_sheets

Needs Chromium, no database and no network; the same texts give the same pictures on the same machine.
"""

import sys
import tomllib
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from notifications.rendering import Footer, render
from notifications.rules.sentence import template_words
from tests.browser.conftest import ARGUMENTS
from tests.conftest import find_browser
from tracking.status.contract import Sentence
from tracking.status.wording import render as sentence
from tracking.status.wording import written_day

ROOT = Path(__file__).parents[2]
PRESETS, PICTURES = ROOT / "notifications" / "presets", ROOT / "docs" / "messages"
DAY, LATER = "2026-11-21", "2026-11-24"
STORES = {"en": ("Northlight Goods", "#24483d", "#10482", "Ann"), "es": ("Casa Lumbre", "#b4431f", "#CL3342", "Lucía")}
# Template, what the tracking page says at that moment, its parameters; in the order of a parcel's life.
MOMENTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("label_created", "label_created", {}),
    ("first_scan", "first_scan_estimate", {"estimate": DAY}),
    ("out_for_delivery", "out_for_delivery", {}),
    ("delivered", "delivered_place", {"place": "Austin, TX", "date": DAY}),
    ("delayed", "delayed_weather_estimate", {"estimate": LATER}),
    ("failed_attempt", "exception_failed_attempts", {"count": "2"}),
    ("available_for_pickup", "available_for_pickup_until", {"return_by": LATER}),
    ("pickup_expiring", "available_for_pickup_until", {"return_by": LATER}),
    ("address_issue", "exception_address_issue", {}),
    ("customs_hold", "exception_customs_hold", {}),
    ("returning", "returning_failed_attempt", {}),
    ("returned", "returned", {"date": LATER}),
    ("lost", "exception_lost", {}),
    ("apology", "delayed_carrier", {}),
)
A_SHEET = len(MOMENTS) // 2
STYLE = """
body { margin: 0; padding: 16px; background: #dfe3e8; font: 600 15px/20px Arial, sans-serif; color: #1f2933; }
main { columns: 2; column-gap: 16px; width: 1060px; } figure { margin: 0 0 16px; break-inside: avoid; }
figcaption { padding: 0 4px 4px; font-weight: 400; } figcaption b { display: block; }
iframe { border: 0; display: block; width: 522px; border-radius: 8px; }
"""
FIT = """for (const each of document.querySelectorAll("iframe"))
  each.style.height = `${each.contentDocument.body.scrollHeight}px`;"""


def message(language: str, template: str, key: str, parameters: dict[str, str]) -> str:
    """Return one message as a figure: its name, its subject, and the message itself."""
    words = tomllib.loads((PRESETS / f"{language}.toml").read_text("utf-8"))
    store, colour, number, name = STORES[language]
    said = sentence(Sentence(key, {**parameters, "carrier": "FedEx"}), language)
    parcel = {"number": "794612345678", "carrier": "FedEx", "sentence": said}
    days = {
        field: written_day(parameters[field], language) if field in parameters else ""
        for field in ("estimate", "return_by")
    }
    made = render(
        subject=words[template]["subject"],
        body=words[template]["body"],
        values={
            "customer": {"first_name": name},
            "order": {"number": number},
            "store": {"name": store},
            "parcel": parcel | days | {"attempts": int(parameters.get("count", "1")), "town": "Austin"},
            "parcels": [parcel],
            "page_url": "https://example.com/track/sample/",
            "case": {"next_action": "", "kind": ""},
        },
        language=language,
        footer=Footer(
            store, colour, words["footer"].format(store=store), words["unsubscribe"], "https://example.com/u/"
        ),
    )
    return (
        f"<figure><figcaption><b>{template_words(template)}</b>{escape(made.subject)}</figcaption>"
        f'<iframe srcdoc="{escape(made.html)}"></iframe></figure>'
    )


def take(browser: Browser, language: str, number: int) -> Path:
    """Take one sheet of a language; return where it is."""
    shown = MOMENTS[(number - 1) * A_SHEET : number * A_SHEET]
    page = browser.new_page(viewport={"width": 1092, "height": 800})
    figures = "".join(message(language, *moment) for moment in shown)
    page.set_content(f"<!doctype html><style>{STYLE}</style><main>{figures}</main>", wait_until="load")
    page.evaluate(FIT)
    path = PICTURES / f"{language}-{number}.png"
    page.screenshot(path=path, full_page=True)
    page.close()
    return path


def main() -> None:
    """Take all sheets and say how large they are."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        for language in STORES:
            for number in (1, 2):
                path = take(browser, language, number)
                sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB\n")
        browser.close()


if __name__ == "__main__":
    main()
