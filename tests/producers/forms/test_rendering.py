"""The pages are small enough for a slow network, and carry what they must."""

import gzip
import re
from datetime import date

import pytest

from locales import text_languages
from producers.forms.assets import SCRIPT, STYLE
from producers.forms.feedback import Fortnight, picture
from producers.forms.navigation import first_steps, take_turn
from producers.forms.rendering import FormPage, render_form, render_message, render_review, with_problems
from schemas.study import Study

LIMIT = 20 * 1024
"""Bytes of a page with the style and script that it needs, uncompressed."""

FIRST_FLIGHT = 14_600
"""Bytes that a server may send before the first acknowledgement: ten segments."""

HEADERS = 1000
"""More bytes than the headers have (measured by benchmarks/first_page.py)."""


def a_page(study: Study, language: str) -> FormPage:
    return FormPage(study, language, "x" * 16, "2026-06-01T12:00:00.123000+00:00", first_steps(study))


def weight(page: str) -> int:
    """Bytes to fetch; what only answers a submission comes to a browser that has style and script."""
    submitted = "role=alert" in page or "<dl>" in page
    return len((page if submitted else page + STYLE + SCRIPT).encode())


def all_pages(study: Study, language: str) -> list[str]:
    empty = a_page(study, language)
    fields = [("mood", "6"), ("stress", "4"), ("handled", "5"), ("Seen", "mood stress handled")]
    answered = FormPage(study, language, empty.submission_id, empty.opened_at, (*empty.steps, ()), fields)
    drawn = picture(study, language, Fortnight(date(2026, 6, 1), tuple([5.5] * 14), 42, 14))
    return [
        render_form(empty),
        render_form(with_problems(empty, take_turn(study, []).reading.problems)),
        render_review(answered, take_turn(study, fields).reading),
        render_message(study, language, "thanks", drawn),
        render_message(study, language, "thanks", call=True),
        render_message(study, language, "expired"),
        render_message(None, None, "unknown"),
        render_message(None, None, "too_often"),
    ]


@pytest.mark.parametrize("language", text_languages())
def test_every_page_with_style_and_script_is_small(study: Study, language: str) -> None:
    assert max(weight(page) for page in all_pages(study, language)) < LIMIT


@pytest.mark.parametrize("language", text_languages())
def test_no_page_holds_style_or_script_or_an_address_elsewhere(study: Study, language: str) -> None:
    for page in all_pages(study, language):
        inside = re.findall(r"<[^>]*>", page)
        assert not [tag for tag in inside if re.search(r"\s(on\w+|style)\s*=|javascript:", tag)]
        assert not [tag for tag in inside if re.search(r"(src|href|action)=\"?(https?:|//)", tag)]
        assert "<style" not in page
        assert page.count("<script") == page.count("<script src=") == 1


def test_the_script_makes_no_code_and_no_markup_of_words() -> None:
    assert not re.search(r"\beval\b|Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", SCRIPT)
    assert not re.search(r"set(Timeout|Interval)\([\"'`]", SCRIPT)


@pytest.mark.parametrize("language", text_languages())
def test_the_first_page_needs_one_round_trip(study: Study, language: str) -> None:
    assert len(gzip.compress(render_form(a_page(study, language)).encode())) + HEADERS < FIRST_FLIGHT


def test_what_was_written_is_never_markup(study: Study) -> None:
    fields = [("note", "</textarea><script>alert(1)</script>"), ("Seen", "mood")]
    shown = FormPage(study, "en", "<x>", '"><b>', (("note",),), fields)
    page = render_form(shown)
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_only_items_travel_to_the_next_page(study: Study) -> None:
    fields = [("mood", "6"), ("another", "1"), ("AnsweredAt", "now")]
    page = render_form(FormPage(study, "en", "x", "t", (("mood",), ("stress",)), fields))
    assert '<input type=hidden name=mood value="6">' in page
    assert "another" not in page
    assert "AnsweredAt" not in page
