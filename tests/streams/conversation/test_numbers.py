"""Texts: what is understood, what is asked again, and that nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Reason
from schemas.study.file import load_study
from streams.conversation.numbers import Parsed, Refused, parse
from tests.conftest import DEMO

STUDY = load_study(DEMO)


@pytest.mark.parametrize(
    "text",
    ["7 3 5", " 7  3 5. ", "7, 3, 5", "٧ ٣ ٥", "७ ३ ५", "7️⃣ 3️⃣ 5️⃣", "7/10 3 5/10", "mood 7 stress 3 handled 5",
     "stress: 3, mood=7, cope 5", "STEMMING 7 Stress 3 omgaan 5", "مزاج ٧ توتر ٣ تعامل ٥"],
)  # fmt: skip
def test_understood(text: str) -> None:
    outcome = parse(text, STUDY, "en")
    assert isinstance(outcome, Parsed)
    assert outcome.answers == {"mood": 7, "stress": 3, "handled": 5}


def test_some_items_by_name() -> None:
    assert parse("mood 7 stress 3", STUDY, "en") == Parsed({"mood": 7, "stress": 3}, "by-name")


MOOD = next(item for item in STUDY.items if item.id == "mood")


@pytest.mark.parametrize(
    "text",
    ["seven three five", "zeven drie vijf", "7,3,5", "سبعة ثلاثة خمسة", 
     "mood seven stress three handled five", "7 out of 10 3 5", "my mood is 7, stress 3; handled: 5!"],
)  # fmt: skip
def test_numbers_in_words(text: str) -> None:
    assert parse(text, STUDY, "nl") == Parsed(
        {"mood": 7, "stress": 3, "handled": 5}, "by-name" if "mood" in text else "in-order"
    )


@pytest.mark.parametrize(
    "text",
    ["7", "7/10", "7 / 10", "seven", "Seven!", "zeven", "٧", "۷", "৭", "７", "7️⃣", "سبعة", "سَبْعَة",
     "7 out of 10", "7 van de 10", "٧ من ١٠", "I feel like a 7 today", "I am 7", "mood 7",
     "my mood is 7", "+7", "7."],
)  # fmt: skip
def test_one_number_for_one_question(text: str) -> None:
    outcome = parse(text, STUDY, "en", [MOOD])
    assert isinstance(outcome, Parsed), outcome
    assert outcome.answers == {"mood": 7}


@pytest.mark.parametrize("text", ["🔟", "10", "10/10", "ten", "عشرة"])
def test_the_highest_number(text: str) -> None:
    outcome = parse(text, STUDY, "en", [MOOD])
    assert isinstance(outcome, Parsed)
    assert outcome.answers == {"mood": 10}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not 7", Reason.AMBIGUOUS),
        ("6 or 7", Reason.AMBIGUOUS),
        ("six or seven", Reason.AMBIGUOUS),
        ("between 6 and 7", Reason.AMBIGUOUS),
        ("was 3 now 8", Reason.AMBIGUOUS),
        ("mood 3 now 8", Reason.AMBIGUOUS),
        ("7 am", Reason.AMBIGUOUS),
        ("7am was bad", Reason.NOT_UNDERSTOOD),
        ("7 kids at home", Reason.AMBIGUOUS),
        ("more like 7", Reason.AMBIGUOUS),
        ("one of those days", Reason.AMBIGUOUS),
        ("no one", Reason.AMBIGUOUS),
        ("7 7", Reason.AMBIGUOUS),
        ("7/5", Reason.AMBIGUOUS),
        ("7-8", Reason.NOT_UNDERSTOOD),
        ("7.5", Reason.NOT_UNDERSTOOD),
        ("7,4", Reason.NOT_UNDERSTOOD),
        ("1e1", Reason.NOT_UNDERSTOOD),
        ("eleven", Reason.OUT_OF_RANGE),
        ("77", Reason.OUT_OF_RANGE),
        ("-3", Reason.OUT_OF_RANGE),
    ],
)
def test_one_question_is_asked_again(text: str, reason: Reason) -> None:
    outcome = parse(text, STUDY, "en", [MOOD])
    assert isinstance(outcome, Refused), outcome
    assert outcome.reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.NOT_UNDERSTOOD),
        ("great thanks", Reason.NOT_UNDERSTOOD),
        ("7", Reason.NOT_UNDERSTOOD),
        ("7,4", Reason.NOT_UNDERSTOOD),
        ("7 3 5 2", Reason.NOT_UNDERSTOOD),
        ("mood eleven", Reason.OUT_OF_RANGE),
        ("6 or 7", Reason.AMBIGUOUS),
        ("7am was bad", Reason.NOT_UNDERSTOOD),
        ("mood 7 mood 8", Reason.AMBIGUOUS),
        ("mood 7/5", Reason.AMBIGUOUS),
        ("mood not 7", Reason.AMBIGUOUS),
        ("7 3 5 " * 200, Reason.NOT_UNDERSTOOD),
        ("mood 7 weather 3", Reason.UNKNOWN_ITEM),
        ("77 3 5", Reason.OUT_OF_RANGE),
        ("mood 11", Reason.OUT_OF_RANGE),
        ("-1 3 5", Reason.OUT_OF_RANGE),
    ],
)
def test_refused_with_a_reason(text: str, reason: Reason) -> None:
    outcome = parse(text, STUDY, "en")
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason


@given(st.text(max_size=400))
def test_no_text_breaks_it_and_no_value_leaves_its_scale(text: str) -> None:
    outcome = parse(text, STUDY, "nl")
    if isinstance(outcome, Parsed):
        assert all(isinstance(v, int) and 0 <= v <= 10 for v in outcome.answers.values())
