"""A real browser against a real server with a real database."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000  # milliseconds; a loaded machine is slow, a broken page stays broken

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium(browser_path: str) -> Iterator[Browser]:
    """One headless browser for the session.

    Its driver runs an event loop in this thread, which makes Django refuse queries here; they are safe, because
    nothing else runs in that loop while a test asks the database.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages of fresh contexts (own cookies): `open_page(width=390, java_script_enabled=False, ...)`."""
    contexts: list[BrowserContext] = []
    asked: set[Request] = set()

    def make(width: int = 1440, height: int = 1000, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: asked.add(request))
        context.on("requestfinished", lambda request: asked.discard(request))
        context.on("requestfailed", lambda request: asked.discard(request))
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        if asked and context.pages:  # the tables are emptied next: nothing may be under way on the server
            context.pages[-1].wait_for_load_state("networkidle")
        context.close()
