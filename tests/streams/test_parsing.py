"""Texts: what is understood, what is asked again, and that nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Reason
from schemas.study_file import load_study
from streams.parsing import Parsed, Refused, parse
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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.NOT_UNDERSTOOD),
        ("great thanks", Reason.NOT_UNDERSTOOD),
        ("7", Reason.NOT_UNDERSTOOD),
        ("7,4", Reason.NOT_UNDERSTOOD),
        ("7 3 5 2", Reason.NOT_UNDERSTOOD),
        ("mood eleven", Reason.NOT_UNDERSTOOD),
        ("6 or 7", Reason.NOT_UNDERSTOOD),
        ("7am was bad", Reason.NOT_UNDERSTOOD),
        ("mood 7 mood 8", Reason.NOT_UNDERSTOOD),
        ("mood 7/5", Reason.NOT_UNDERSTOOD),
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
        assert all(0 <= value <= 10 for value in outcome.answers.values())
