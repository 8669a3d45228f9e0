"""A real browser in front of the real dashboard."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import dashboard
from schemas.clock import now
from tests.dashboard.sign_in.site import (
    FOUR_WORDS,
    NAME,
    CountingStore,
    Site,
    add_account,
    environment,
    running,
    serving,
)
from wellstream.local.kafka import free_port

pytestmark = [pytest.mark.slow, pytest.mark.browser]

APP = Path(dashboard.__file__).parent / "app.py"
SIGN_IN = re.compile(r"/sign-in(\?|$)")


def sign_in(page: Page, name: str = NAME, password: str = FOUR_WORDS) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_leads_to_the_page_that_was_asked_for_and_survives_a_reload(
    site: Site, page: Page
) -> None:
    page.goto(f"{site.url}/operations")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Foperations"))
    sign_in(page)
    expect(page.get_by_role("heading", name="Operations", level=1)).to_be_visible()
    assert page.url == f"{site.url}/operations"
    page.reload()
    expect(page.get_by_role("heading", name="Operations", level=1)).to_be_visible()
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "wellstream-session"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["expires"] == -1
    assert "wellstream-session" not in page.evaluate("document.cookie")


def test_a_wrong_password_says_the_same_as_a_wrong_name(site: Site, page: Page) -> None:
    said = []
    for name, password in ((NAME, "another password entirely"), ("nobody-of-that-name", FOUR_WORDS)):
        page.goto(site.url)
        sign_in(page, name, password)
        said.append(page.get_by_role("alert").inner_text())
        expect(page.get_by_label("Password")).to_be_focused()
    assert said == ["The name or the password is wrong."] * 2


def test_signing_out_ends_all_tabs_of_the_session_and_no_other(
    site: Site, chromium: Browser, page: Page
) -> None:
    elsewhere = chromium.new_context().new_page()
    for one in (elsewhere, page):
        one.goto(site.url)
        sign_in(one)
        expect(one.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    tab = page.context.new_page()
    tab.goto(f"{site.url}/participant")
    expect(tab.get_by_role("heading", name="Participant", level=1)).to_be_visible()
    page.get_by_role("button", name=NAME).click()
    page.get_by_role("menuitem", name="Sign out").click()
    for left in (page, tab):
        expect(left).to_have_url(SIGN_IN)
        expect(left.get_by_role("status")).to_have_text("You are signed out. Sign in to go on.")
    page.goto(f"{site.url}/participant")
    expect(page).to_have_url(SIGN_IN)
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    elsewhere.context.close()


def test_a_page_that_is_left_alone_closes_by_itself(
    counting_store: CountingStore, home: Path, page: Page
) -> None:
    """The overview asks for its numbers every five seconds, which is nobody's doing."""
    add_account(home)
    with serving(home, counting_store, dashboard_idle_minutes="0.3") as site:
        page.goto(site.url)
        sign_in(page)
        expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
        expect(page).to_have_url(SIGN_IN)
        expect(page.get_by_role("status")).to_be_visible()


def test_what_somebody_does_keeps_the_session(counting_store: CountingStore, home: Path, page: Page) -> None:
    add_account(home)
    with serving(home, counting_store, dashboard_idle_minutes="0.3") as site:
        page.goto(site.url)
        sign_in(page)
        begun = now()
        while (now() - begun).total_seconds() < 30:
            for name in ("Operations", "Overview"):
                page.get_by_role("link", name=name).click()
                expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


@pytest.mark.parametrize("change", ["a new password", "removal"])
def test_an_account_that_changes_is_signed_out_at_once(site: Site, page: Page, change: str) -> None:
    who = change.replace(" ", "-")
    site.accounts.add(who, FOUR_WORDS, site.accounts.read().accounts[0].role, now())
    page.goto(site.url)
    sign_in(page, who)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    if change == "removal":
        site.accounts.remove(who)
    else:
        site.accounts.set_password(who, "five other little words here", now())
    expect(page).to_have_url(SIGN_IN)
    sign_in(page, who)
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")


def test_a_page_that_was_open_when_the_dashboard_restarted_is_sent_to_sign_in(
    counting_store: CountingStore, home: Path, page: Page
) -> None:
    add_account(home)
    with serving(home, counting_store) as site:
        page.goto(f"{site.url}/operations")
        sign_in(page)
        expect(page.get_by_role("heading", name="Operations", level=1)).to_be_visible()
    with serving(home, counting_store, at=site.port):
        expect(page).to_have_url(SIGN_IN)
        sign_in(page)
        expect(page.get_by_role("heading", name="Operations", level=1)).to_be_visible()


def test_no_other_page_can_frame_the_dashboard(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/_stcore/health")
    with page.expect_console_message(
        lambda said: "X-Frame-Options" in said.text or "frame-ancestors" in said.text
    ):
        page.set_content(f"<iframe src='{site.url}/sign-in'></iframe>")
    assert page.frame_locator("iframe").get_by_label("Password").count() == 0


def test_without_an_account_the_page_says_which_command_makes_one(
    counting_store: CountingStore, home: Path, page: Page
) -> None:
    with serving(home, counting_store) as site:
        asked = counting_store.asked
        page.goto(site.url)
        expect(page.get_by_text("wellstream dashboard-user add NAME", exact=True)).to_be_visible()
        assert page.get_by_label("Password").count() == 0
        add_account(home)
        page.get_by_role("link", name="Look again").click()
        sign_in(page)
        assert counting_store.asked == asked
        expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


@pytest.mark.parametrize("path", ["", *(page.stem for page in sorted((APP.parent / "views").glob("*.py")))])
def test_streamlit_without_its_door_asks_the_store_for_nothing(
    bare: str, counting_store: CountingStore, page: Page, path: str
) -> None:
    asked = counting_store.asked
    page.goto(f"{bare}/{path}")
    expect(page.get_by_role("alert")).to_contain_text("Nobody is signed in.")
    assert page.get_by_role("heading").count() == 0
    assert counting_store.asked == asked


@pytest.fixture(scope="module")
def bare(counting_store: CountingStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Streamlit as somebody might start it who has read no documentation."""
    port, home = free_port(), tmp_path_factory.mktemp("bare")
    options = (f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true")
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(APP),
        *options,
        "--browser.gatherUsageStats=false",
    ]
    with running(command, environment(home, counting_store, port), home / "dashboard.log", port):
        yield f"http://127.0.0.1:{port}"
