"""The form in the hands of people: back, twice, two tabs, a network that lies, a phone that is handed on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from locales import form_texts
from schemas.study.file import load_study
from tests.conftest import DEMO
from tests.journeys.form_site import FormSite, choose, fill_demo, press
from tests.journeys.people import until

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.browser]

KINDS = load_study(Path(__file__).parents[1] / "studies" / "every_kind.yaml")
SIMPLE = load_study(DEMO)
SAYS = form_texts("en")


@pytest.fixture(scope="module")
def site(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormSite]:
    with FormSite(tmp_path_factory.mktemp("misuse"), broker, [KINDS, SIMPLE]) as opened:
        until(lambda: opened.recent.caught_up)
        yield opened


def status(page: Page, name: str) -> None:
    expect(page.locator("[role=status]")).to_have_text(SAYS[name])


def instead(page: Page, answer: int, body: str = "<h1>Bad gateway</h1>") -> None:
    """Something between the phone and the gateway answers every form."""

    def reply(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=answer, content_type="text/html", body=body)
        else:
            route.continue_()

    page.route("**/c/*", reply)


def test_the_browsers_back_button_leads_to_the_page_before(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    participant = site.person(KINDS, "en")
    page.goto(site.link(participant))
    choose(page, mood="-3", slept="0")
    press(page, "next")
    choose(page, kept_awake="thoughts")
    page.locator("a, h1").first.click()
    press(page, "next")
    choose(page, worry="9")
    page.go_back()
    expect(page.locator("[name='kept-awake'][value=thoughts]:checked")).to_have_count(1)
    page.go_back()
    expect(page.locator("[name=mood][value='-3']:checked")).to_have_count(1)
    choose(page, mood="1", slept="1")
    press(page, "next")
    press(page, "send")
    expect(page.locator("[data-done=thanks]")).to_have_count(1)
    page.go_back()
    expect(page.locator("[data-done=thanks]")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-done=thanks]")).to_have_count(1)
    (event,) = site.checkins(participant)
    assert event.answers == {"mood": 1, "slept": 1}


def test_a_link_in_the_summary_is_no_way_back(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site.fresh(KINDS))
    choose(page, mood="0", slept="0")
    press(page, "next")
    press(page, "next")
    page.locator(".summary a").click()
    expect(page.locator("[name='kept-awake']").first).to_be_focused()
    page.go_back()
    expect(page.locator("[name='kept-awake']")).to_have_count(3)


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("standing", [True, False])
def test_send_pressed_twice_and_a_reload_are_one_check_in(
    site: FormSite, browser: Browser, script: bool, standing: bool
) -> None:
    made = browser.new_context(java_script_enabled=script, viewport={"width": 360, "height": 740})
    page = made.new_page()
    participant = site.person(SIMPLE, "en")
    page.goto(site.link(participant, standing=standing))
    fill_demo(page)
    page.locator("[name=Action][value=send]").dblclick()
    expect(page.locator("[data-done=thanks]")).to_have_count(1)
    page.reload()
    page.wait_for_timeout(200)
    assert len(site.checkins(participant)) == 1
    made.close()


def test_a_second_tab_cannot_answer_again_and_is_told_so(site: FormSite, context: BrowserContext) -> None:
    participant = site.person(SIMPLE, "en")
    url = site.link(participant)
    first, second = context.new_page(), context.new_page()
    first.goto(url)
    second.goto(url)
    fill_demo(first)
    choose(second, mood="1", stress="9", handled="1")
    press(first, "send")
    expect(first.locator("[data-done=thanks]")).to_have_count(1)
    press(second, "send")
    expect(second.locator("h1")).to_have_text(SAYS["already_title"])
    assert second.evaluate("Object.keys(localStorage)") == []
    assert [event.answers["mood"] for event in site.checkins(participant)] == [6]


@pytest.mark.parametrize("answer", [404, 429, 502])
def test_a_page_of_somebody_elses_loses_no_answers(
    site: FormSite, context: BrowserContext, answer: int
) -> None:
    page = context.new_page()
    participant = site.person(SIMPLE, "en")
    page.goto(site.link(participant))
    fill_demo(page)
    instead(page, answer)
    press(page, "send")
    status(page, "phone_kept")
    page.reload()
    status(page, "phone_kept")
    page.unroute_all()
    page.reload()
    expect(page.locator("[data-done=thanks]")).to_have_count(1)
    assert len(site.checkins(participant)) == 1


def test_a_page_of_somebody_elses_between_two_pages_loses_nothing(
    site: FormSite, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(site.fresh(KINDS))
    choose(page, mood="1", slept="1")
    instead(page, 502)
    press(page, "next")
    status(page, "phone_offline")
    page.unroute_all()
    press(page, "next")
    expect(page.locator("[name=Action][value=send]")).to_have_count(1)


def test_too_often_while_sending_is_kept_and_sent_later(site: FormSite, context: BrowserContext) -> None:
    page = context.new_page()
    participant = site.person(SIMPLE, "en")
    page.goto(site.link(participant))
    fill_demo(page)
    instead(page, 429, "<h1>One moment</h1><p role=status></p>")
    press(page, "send")
    status(page, "phone_kept")
    page.unroute_all()
    page.reload()
    expect(page.locator("[data-done=thanks]")).to_have_count(1)
    assert len(site.checkins(participant)) == 1


@pytest.mark.parametrize("offline", [True, False])
def test_removing_leaves_nothing_on_the_page_either(
    site: FormSite, context: BrowserContext, offline: bool
) -> None:
    """What the gateway put on the page again, after a problem, is an answer as well."""
    page = context.new_page()
    page.goto(site.fresh(SIMPLE))
    choose(page, mood="1")
    page.fill("[name=note]", "between us")
    press(page, "send")
    expect(page.locator(".summary")).to_be_focused()
    context.set_offline(offline)
    page.locator("[data-remove]").click()
    status(page, "phone_removed")
    expect(page.locator("[name=mood]:checked")).to_have_count(0)
    expect(page.locator("form")).to_have_count(0 if offline else 1)
    assert "between us" not in page.content()
    expect(page.locator(".phone")).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage)") == []
    context.set_offline(False)
    page.reload()
    expect(page.locator("[name=mood]:checked")).to_have_count(0)
    assert page.input_value("[name=note]") == ""
