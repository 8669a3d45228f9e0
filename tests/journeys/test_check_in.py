"""A check-in from a telephone and one from a browser become rows that readers see."""

from pathlib import Path
from uuid import UUID

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from locales import form_texts
from schemas.settings import Settings
from streams.store.client import NotAllowed, Reader
from tests.journeys.people import count, form_link, person, text, until
from wellstream.operations.enrolment import reveal
from wellstream.operations.help_calls import NoSuchCall, attend

pytestmark = [pytest.mark.kafka, pytest.mark.journey]


def test_a_signed_text_becomes_a_row_once_however_often_it_comes(system: Settings, reader: Reader) -> None:
    participant = person(system, "+447700900001")
    for _ in range(3):
        assert text(system, "+447700900001", "7 3 5", "SM0001").status_code == 200
    until(lambda: count(reader, "checkins where participant = :p", p=participant))
    until(lambda: count(reader, "indicators where participant = :p", p=participant))
    assert text(system, "+447700900001", "7 3 5", "SM0001").status_code == 200
    answers = reader.query(
        "select item, value from answers where participant = :p order by item", p=participant
    )
    assert dict(zip(answers["item"], answers["value"], strict=True)) == {"handled": 5, "mood": 7, "stress": 3}
    assert count(reader, "messages where participant = :p", p=participant) == 1
    found = reader.query(
        "select value from indicators where participant = :p and indicator = 'mean' "
        "and scale = 'valence' and window_length = '1d'",
        p=participant,
    )
    assert list(found["value"]) == [7.0]


def test_a_bad_signature_is_refused(system: Settings) -> None:
    assert text(system, "+447700900001", "7 3 5", "SM0002", signed=False).status_code == 403


def test_an_unknown_number_gets_one_reply_and_leaves_nothing(system: Settings, reader: Reader) -> None:
    before = count(reader, "messages")
    answer = text(system, "+447700900555", "7 3 5", "SM0003")
    assert answer.status_code == 200
    assert "<Message>" in answer.text
    assert count(reader, "messages") == before


def test_a_text_that_says_nothing_is_a_dead_letter_with_a_reason(system: Settings, reader: Reader) -> None:
    participant = person(system, "+447700900002")
    text(system, "+447700900002", "great thanks", "SM0004")
    until(lambda: count(reader, "dead_letters where participant = :p", p=participant))
    found = reader.query("select reason, detail from dead_letters where participant = :p", p=participant)
    assert list(found["reason"]) == ["not_understood"]
    assert "great" not in found["detail"][0]


def test_a_form_that_is_sent_twice_lands_once(system: Settings, reader: Reader) -> None:
    participant = person(system, "+447700900003", "nl")
    url = form_link(system, participant)
    fields = {"mood": "6", "stress": "4", "handled": "5", "coping": ["problem_solving", "creative_activity"]}
    answers = [httpx.post(url, data=fields, timeout=10) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Dank" in answers[0].text
    until(lambda: count(reader, "checkins where participant = :p", p=participant))
    assert count(reader, "answers where participant = :p", p=participant) == 5


def test_a_cry_for_help_in_the_form_is_answered_and_stays_open_until_somebody_attended(
    system: Settings, reader: Reader
) -> None:
    participant = person(system, "+447700900007")
    answers = {"mood": "1", "stress": "9", "handled": "1", "note": "I can\u2019t go on anymore"}
    page = httpx.post(form_link(system, participant), data=answers, timeout=10)
    assert form_texts("en").call_title in page.text
    assert "href=tel:112" in page.text
    until(lambda: count(reader, "help_calls where participant = :p and attended_at is null", p=participant))
    until(lambda: count(reader, "pauses where participant = :p and reason = 'crisis'", p=participant))
    assert reveal(system, participant, "Dr V", "call for help") == "+447700900007"
    call = reader.query("select alert from help_calls where participant = :p", p=participant)["alert"][0]
    assert attend(system, call[:12], "Dr V", "called back") == (UUID(call), participant)
    attended = "help_calls where participant = :p and attended_by = 'Dr V' and did = 'called back'"
    until(lambda: count(reader, attended, p=participant))
    with pytest.raises(NoSuchCall, match="no open call"):
        attend(system, call, "Dr W", "called too")


def test_a_form_with_a_foreign_value_is_asked_again(system: Settings) -> None:
    url = form_link(system, person(system, "+447700900004"))
    assert httpx.post(url, data={"mood": "11", "stress": "4", "handled": "5"}).status_code == 422
    assert httpx.post(url, data={"stress": "4"}).status_code == 422
    assert httpx.get(f"{system.public_url}/c/no-such-token").status_code == 404


def test_a_page_is_not_kept_and_not_framed(system: Settings) -> None:
    headers = httpx.get(form_link(system, person(system, "+447700900005"))).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "unsafe-inline" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "query",
    ["insert into studies values ('a', 'a', 1, '')", "delete from checkins", "drop table checkins",
     "copy checkins to 'x.csv'", "attach 'x.db'", "set threads = 1", "create table x(a int)",
     "select 1; select 2", "select * from read_text('/etc/hostname')", "select * from '/etc/passwd.csv'",
     "select (select count(*) from read_csv('/etc/passwd'))", "select * from duckdb_secrets()"],
)  # fmt: skip
def test_the_store_is_for_reading_only(reader: Reader, query: str) -> None:
    with pytest.raises(NotAllowed):
        reader.query(query)


def test_another_token_opens_nothing(system: Settings) -> None:
    with pytest.raises(NotAllowed):
        Reader(system.store_uri, "another-token").query("select 1")


def test_no_number_and_no_answer_in_any_log(system: Settings) -> None:
    for log in (Path(system.home) / "logs").glob("*.log"):
        written = log.read_text(errors="replace")
        assert "7700900" not in written, log.name
        assert "great thanks" not in written, log.name


@pytest.mark.browser
@pytest.mark.parametrize(("language", "number"), [("en", 11), ("nl", 12), ("ar", 13)])
def test_the_form_is_accessible_and_works_without_javascript(
    system: Settings, reader: Reader, browser: Browser, language: str, number: int
) -> None:
    participant = person(system, f"+4477009000{number}", language)
    url = form_link(system, participant)
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(url)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    assert found.violations_count == 0, found.generate_report()
    assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}).new_page()
    plain.goto(url)
    for item in ("mood", "stress", "handled"):
        plain.check(f"input[name={item}][value='6']", force=True)
    plain.dblclick("button[type=submit]")
    plain.wait_for_selector("form", state="detached")
    until(lambda: count(reader, "checkins where participant = :p", p=participant) == 1)
    plain.close()
