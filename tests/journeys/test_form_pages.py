"""The form in a real browser: every page is accessible, and answers land once whatever the network does."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from locales import form_texts
from producers.forms.rendering import render_message
from schemas.clock import now
from schemas.settings import Settings
from schemas.study.file import load_study
from streams.store.client import Reader
from tests.conftest import DEMO
from tests.journeys.form_site import FormSite, choose, fill_demo, look_for_violations, press
from tests.journeys.people import count, form_link, person, text, until

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.browser]

KINDS = load_study(Path(__file__).parents[1] / "studies" / "every_kind.yaml")
SIMPLE = load_study(DEMO)
LANGUAGES = ["en", "nl", "ar"]


@pytest.fixture(scope="module")
def site(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormSite]:
    with FormSite(tmp_path_factory.mktemp("endpoint"), broker, [KINDS, SIMPLE]) as opened:
        until(lambda: opened.recent.caught_up)
        yield opened


@pytest.fixture(scope="module")
def broken_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormSite]:
    """A gateway whose Kafka is away."""
    with FormSite(tmp_path_factory.mktemp("broken"), "127.0.0.1:1", [KINDS, SIMPLE]) as opened:
        yield opened


def show(page: Page, site: FormSite, text: str) -> None:
    """A page that is hard to come by, where its style is found."""
    page.route("**/c/shown", lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=text))
    page.goto(f"{site.url}/c/shown")
    assert page.evaluate("document.styleSheets.length") == 1
    page.unroute("**/c/shown")


SMALL = """least => [...document.querySelectorAll('label:has(input), button, li a, textarea')]
  .map(e => [e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([_, box]) => box.width && (box.width < least || box.height < least))
  .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)"""


def check(page: Page) -> None:
    """No violation and no sideways scrolling, by day, at night, at 200 % zoom; a finger hits all."""
    for width, scheme in ((360, "light"), (360, "dark"), (180, "light")):
        page.set_viewport_size({"width": width, "height": 740})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found = look_for_violations(page)
        assert found.violations_count == 0, (scheme, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.title(), width)
        assert page.evaluate(SMALL, 48) == []
    page.set_viewport_size({"width": 360, "height": 740})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_form_is_accessible(site: FormSite, context: BrowserContext, language: str) -> None:
    page = context.new_page()
    participant = site.person(KINDS, language)
    url = site.link(participant)
    page.goto(url)
    assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    check(page)
    press(page, "next")
    expect(page.locator(".summary")).to_be_focused()
    check(page)
    choose(page, mood="-3", slept="0", place="home")
    press(page, "next")
    expect(page.locator("[name='kept-awake']")).to_have_count(3)
    check(page)
    choose(page, kept_awake="thoughts")
    page.fill("[name=told]", "<b>some words</b> & more")
    press(page, "next")
    choose(page, worry="9")
    press(page, "review")
    expect(page.locator("dt")).to_have_count(6)
    check(page)
    press(page, "back:place")
    expect(page.locator("#place-1")).to_be_focused()
    choose(page, place="work")
    for action in ("next", "next", "review"):
        press(page, action)
        page.wait_for_timeout(50)
    press(page, "send")
    expect(page.locator("svg[role=img]")).to_have_count(1)
    check(page)
    page.goto(url)
    expect(page.locator("[data-done]")).to_have_count(1)
    expect(page.locator("svg")).to_have_count(0)
    check(page)
    (event,) = site.checkins(participant)
    told = event.answers.pop("told")
    assert not isinstance(told, str | int | tuple)
    assert event.answers == {
        "mood": -3, "slept": 0, "place": ("work",), "kept-awake": ("thoughts",), "worry": 9,
    }  # fmt: skip
    assert event.opened_at is not None
    assert event.started_at is not None
    assert event.opened_at < event.started_at <= event.occurred_at


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_pages_are_accessible(
    site: FormSite, broken_site: FormSite, browser: Browser, language: str
) -> None:
    plain = browser.new_context(viewport={"width": 360, "height": 740})
    plain.route("**/form.js*", lambda route: route.abort())
    page = plain.new_page()
    page.goto(site.url + "/c/no-such-link")
    check(page)
    page.goto(broken_site.fresh(SIMPLE, language))
    fill_demo(page)
    check(page)
    press(page, "send")
    expect(page.locator(".summary")).to_have_count(1)
    check(page)
    url = site.fresh(SIMPLE, language)
    site.ahead = timedelta(hours=2)
    try:
        gone = page.goto(url)
        assert gone is not None
        assert gone.status == 410
        check(page)
    finally:
        site.ahead = timedelta()
    for name in ("already", "too_large", "error"):
        show(page, site, render_message(SIMPLE, language, name))
        check(page)
    plain.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_to_a_call_for_help_is_accessible(
    site: FormSite, context: BrowserContext, language: str
) -> None:
    page = context.new_page()
    page.goto(site.fresh(SIMPLE, language))
    page.fill("[name=note]", "I want to kill myself")
    press(page, "send")
    expect(page.locator(".call")).to_be_focused()
    expect(page.locator(".summary")).to_have_count(1)
    check(page)
    choose(page, mood="1", stress="9", handled="1")
    press(page, "send")
    expect(page.locator("[data-done=thanks]")).to_have_count(1)
    expect(page.locator(".call a")).to_have_count(2)
    assert page.get_attribute(".call a", "href") == "tel:112"
    check(page)


def test_too_often_is_answered_in_words(site: FormSite, context: BrowserContext) -> None:
    url = site.fresh(SIMPLE)
    with httpx.Client() as client:
        answers = [client.post(url, data={"stress": "3"}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [422] * 30 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    page = context.new_page()
    show(page, site, answers[-1].text)
    check(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_everything_works(site: FormSite, browser: Browser, language: str) -> None:
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = plain.new_page()
    participant = site.person(KINDS, language)
    page.goto(site.link(participant))
    choose(page, mood="1", slept="0")
    press(page, "next")
    choose(page, kept_awake="noise")
    press(page, "back")
    assert page.locator("[name=slept][value='0']").is_checked()
    choose(page, slept="1")
    press(page, "next")
    press(page, "send")
    expect(page.locator("svg[role=img]")).to_have_count(1)
    (event,) = site.checkins(participant)
    assert event.answers == {"mood": 1, "slept": 1}
    plain.close()


def test_the_keyboard_alone_is_enough(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    participant = site.person(KINDS, "en")
    page.goto(site.link(participant))

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    tab_to("[name=mood]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    tab_to("[name=slept]")
    page.keyboard.press("ArrowDown")
    tab_to("[name=Action][value=next]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to("[name='kept-awake'][value=noise]")
    page.keyboard.press("Space")
    tab_to("[name=told]")
    page.keyboard.type("words")
    tab_to("[name=Action][value=next]")
    with page.expect_navigation():
        page.keyboard.press("Space")
    tab_to("[name=Action][value=send]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-done]")).to_have_count(1)
    (event,) = site.checkins(participant)
    assert event.answers["mood"] == -2
    assert event.answers["kept-awake"] == ("noise",)
    assert "told" in event.answers


def kept(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage)"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_sent_offline_lands_once_when_the_network_is_back(
    site: FormSite, context: BrowserContext, language: str
) -> None:
    page = context.new_page()
    participant = site.person(SIMPLE, language)
    url = site.link(participant)
    page.goto(url)
    fill_demo(page)
    assert len(kept(page)) == 1
    assert url.rsplit("/", 1)[1] not in kept(page)[0]
    context.set_offline(True)
    press(page, "send")
    expect(page.locator("[role=status]")).to_have_text(form_texts(language)["phone_kept"])
    expect(page.locator("form")).to_be_hidden()
    assert kept(page) == []
    check(page)
    context.set_offline(False)
    expect(page.locator("[data-done]")).to_have_count(1)
    expect(page.locator(".phone")).to_be_hidden()
    page.reload()
    page.wait_for_timeout(300)
    (event,) = site.checkins(participant)
    assert event.answers == {"mood": 6, "stress": 4, "handled": 5}


def test_a_queue_flushes_when_another_page_is_opened_later_even_after_expiry(
    site: FormSite, context: BrowserContext
) -> None:
    page = context.new_page()
    participant = site.person(SIMPLE, "en")
    url = site.link(participant)
    answered = now()
    page.goto(url)
    fill_demo(page)
    context.set_offline(True)
    press(page, "send")
    expect(page.locator("[role=status]")).to_contain_text("Kept on this phone")
    page.close()
    context.set_offline(False)
    site.ahead = timedelta(hours=3)
    try:
        later = context.new_page()
        later.goto(site.fresh(SIMPLE))
        expect(later.locator("[role=status]")).to_contain_text("sent now")
        (event,) = site.checkins(participant)
        late = httpx.post(site.link(participant), data={"mood": "3"})
        assert late.status_code == 422
    finally:
        site.ahead = timedelta()
    assert abs(event.occurred_at - answered) < timedelta(minutes=1)
    assert event.recorded_at - event.occurred_at > timedelta(hours=2)


def test_a_reload_with_a_queue_sends_it(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    participant = site.person(SIMPLE, "en")
    page.goto(site.link(participant))
    fill_demo(page)
    page.route("**/c/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    press(page, "send")
    expect(page.locator("[role=status]")).to_contain_text("Kept on this phone")
    page.unroute_all()
    page.reload()
    expect(page.locator("[data-done]")).to_have_count(1)
    assert len(site.checkins(participant)) == 1


def test_what_kafka_does_not_take_is_kept_on_the_phone(
    broken_site: FormSite, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(broken_site.fresh(SIMPLE))
    fill_demo(page)
    page.fill("[name=note]", "I want to kill myself")
    press(page, "send")
    expect(page.locator("[role=status]")).to_contain_text("Kept on this phone", timeout=10_000)
    expect(page.locator(".call")).to_be_visible()


QUEUE = """change => new Promise(done => {
  const open = indexedDB.open("wellstream", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("queue", { keyPath: "id" });
  open.onsuccess = () => {
    const store = open.result.transaction("queue", "readwrite").objectStore("queue");
    const at = Date.now() - 1e6;
    for (let n = 0; n < change; n++) store.put({ id: "x" + n, path: "/c/x" + n, body: "", at: at + n });
    store.getAllKeys().onsuccess = event => { open.result.close(); done(event.target.result); };
  };
})"""


def test_the_queue_keeps_the_twenty_newest(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site.fresh(SIMPLE))
    fill_demo(page)
    context.set_offline(True)
    assert len(page.evaluate(QUEUE, 25)) == 25
    press(page, "send")
    expect(page.locator("[role=status]")).to_contain_text("Kept on this phone")
    left = page.evaluate(QUEUE, 0)
    assert len(left) == 20
    assert {f"x{number}" for number in range(6)}.isdisjoint(left)


def test_a_draft_is_there_after_a_reload_and_can_be_removed(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site.fresh(SIMPLE))
    expect(page.locator(".phone")).to_be_hidden()
    fill_demo(page)
    choose(page, coping="problem_solving")
    page.fill("[name=note]", "some words")
    page.reload()
    assert page.locator("[name=mood][value='6']").is_checked()
    assert page.locator("[name=coping][value=problem_solving]").is_checked()
    assert page.input_value("[name=note]") == "some words"
    check(page)
    page.locator("[data-remove]").click()
    expect(page.locator("[role=status]")).to_contain_text("Removed")
    assert kept(page) == []
    page.reload()
    assert not page.locator("[name=mood][value='6']").is_checked()
    assert page.input_value("[name=note]") == ""


def test_offline_between_two_pages_nothing_is_lost(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site.fresh(KINDS))
    choose(page, mood="1", slept="1")
    context.set_offline(True)
    press(page, "next")
    expect(page.locator("[role=status]")).to_contain_text("No connection")
    assert page.locator("[name=mood][value='1']").is_checked()
    context.set_offline(False)
    press(page, "next")
    expect(page.locator("[name=Action][value=send]")).to_have_count(1)


def test_no_page_breaks_its_own_security_policy(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site.fresh(SIMPLE))
    fill_demo(page)
    press(page, "send")
    expect(page.locator("svg")).to_have_count(1)
    assert [line for line in said if "favicon" not in line] == []


def test_the_last_two_weeks_count_texts_too(system: Settings, reader: Reader) -> None:
    participant = person(system, "+447700900021")
    text(system, "+447700900021", "8 3 5", "SM0021")
    until(lambda: count(reader, "checkins where participant = :p", p=participant))
    time.sleep(2)  # the gateway follows the topic by itself
    answer = httpx.post(form_link(system, participant), data={"mood": "6", "stress": "4", "handled": "5"})
    assert "<svg" in answer.text
    assert "last two weeks: 2, on 1 of 14 days" in answer.text
