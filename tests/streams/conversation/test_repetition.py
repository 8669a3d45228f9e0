"""What went wrong elsewhere with repeated and misread texts: see docs/lessons.md."""

from datetime import timedelta

import pytest

from schemas.events import CheckInSubmitted, ConsentChanged, Reason
from schemas.study import Study
from schemas.study.file import load_study
from streams.conversation.machine import respond
from streams.conversation.numbers import Parsed, Refused, parse
from streams.conversation.words import reserved
from tests.conftest import DEMO
from tests.streams.conversation.conftest import NOON, Talk

STUDY = load_study(DEMO)


@pytest.mark.parametrize("words", ["7", "skip", "not 7", "stop", "I want to die", "lang nl", "check in"])
def test_a_text_read_again_after_a_crash_says_the_same_under_the_same_names(each: Study, words: str) -> None:
    talk = Talk(each)
    talk.prompt()
    message = talk.message(words, 1)
    state, first = respond(talk.state, message, words, each, NOON)
    again, second = respond(talk.state, message, words, each, NOON + timedelta(hours=1))
    assert [one.event_id for one in first] == [one.event_id for one in second]
    assert len({one.event_id for one in first}) == len(first)
    assert again == state


def test_the_same_words_in_two_texts_are_two_check_ins(talk: Talk) -> None:
    talk.prompt()
    talk.say("7 3 5", 1)
    talk.say("7 3 5", 1.02)
    assert len({one.checkin for one in talk.of(CheckInSubmitted)}) == 2


def test_a_zero_is_an_answer(talk: Talk, asking: Talk) -> None:
    assert talk.say("0 0 0") == []
    assert talk.checkin.answers == {"mood": 0, "stress": 0, "handled": 0}
    asking.prompt()
    assert asking.say("zero") == ["question:stress"]
    assert asking.say("٠") == ["question:where"]
    assert asking.checkin.answers == {"mood": 0, "stress": 0}


def test_yes_is_an_answer_and_no_command(talk: Talk) -> None:
    assert reserved("yes") is None
    talk.say("stop", 1)
    talk.say("yes", 2)
    assert [one.status for one in talk.of(ConsentChanged)] == ["contact_stopped"]


@pytest.mark.parametrize("words", ["forty two", "tweeënveertig", "42", "٤٢"])
def test_a_number_of_two_words_is_one_number(words: str) -> None:
    outcome = parse(words, STUDY, "nl" if words.startswith("twee") else "en", [STUDY.items[0]])
    assert isinstance(outcome, Refused)
    assert outcome.reason == Reason.OUT_OF_RANGE


def test_digits_are_read_in_a_language_whose_words_are_not() -> None:
    assert parse("7 3 5", STUDY, "sw") == Parsed({"mood": 7, "stress": 3, "handled": 5}, "in-order")
    assert isinstance(parse("saba", STUDY, "sw"), Refused)
