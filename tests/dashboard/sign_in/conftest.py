"""A store with a simulated study, a browser, and dashboards that ask who is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from streams.store.schema import Rows
from streams.store.writer import open_store, write
from tests.dashboard.sign_in.site import CountingStore, Site, add_account, serving

_PATIENCE_MS = 60_000


@pytest.fixture(scope="session")
def counting_store(simulated: Rows) -> Iterator[CountingStore]:
    connection = open_store(":memory:")
    write(connection, simulated, {("checkins.v1", 0): 42})
    store = CountingStore(connection)
    yield store
    store.server.stop()


@pytest.fixture(scope="session")
def site(counting_store: CountingStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One that asks, with one account."""
    home = tmp_path_factory.mktemp("dashboard")
    add_account(home)
    with serving(home, counting_store) as running:
        yield running


@pytest.fixture(scope="module")
def chromium(browser_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a browser that knows nothing yet."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    yield opened
    context.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A state folder."""
    return tmp_path / "home"
