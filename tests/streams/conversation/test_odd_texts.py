"""Texts that are too long, or of signs that mean nothing, are asked again, with the reason: no guesses."""

import pytest

from schemas.events import CheckInSubmitted, DeadLetter
from tests.streams.conversation.conftest import Talk


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("x" * 10_240, "not_understood"),
        ("7 3 5 " * 1_700, "not_understood"),
        ("stop hurting " * 1_024, "not_understood"),
        ("😀" * 2_560, "not_understood"),
        ("👨‍👩‍👧‍👦", "not_understood"),
        ("\ufffd\ufffd", "not_understood"),
        ("caf\ufffd 7", "ambiguous"),
        ("7\x00 3 5", "ambiguous"),
        ("\x00", "not_understood"),
    ],
    ids=range(9),
)
def test_an_odd_text_is_asked_again(talk: Talk, words: str, reply: str) -> None:
    talk.prompt()
    assert talk.say(words) == [reply]
    (letter,) = talk.of(DeadLetter)
    assert letter.reason == reply
    assert talk.of(CheckInSubmitted) == []
    assert "x" * 20 not in letter.detail
