"""Keys pressed by somebody who waits until the page listens."""

from playwright.sync_api import Page


def press(page: Page, *keys: str) -> None:
    """Press the keys one after another once the scripts of the present document have run.

    They are deferred: a text of a new page can be seen before its keys are bound.
    """
    for key in keys:
        page.wait_for_load_state("domcontentloaded")
        page.keyboard.press(key)
