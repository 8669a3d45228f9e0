"""A seal opens with its own key, in its own place, and nowhere else."""

from typing import TypedDict
from uuid import UUID

import pytest

from schemas.identity import event_id
from schemas.sealing import WrongKey, new_key, seal, unseal


class Place(TypedDict):
    topic: str
    participant: str
    event_id: UUID


PLACE: Place = {
    "topic": "inbound.messages.v1",
    "participant": "p-0123456789abcdef",
    "event_id": event_id("a"),
}


def test_words_come_back_and_do_not_show() -> None:
    key = new_key()
    sealed = seal(key, "mood 7, ٧ 🙂", **PLACE)
    assert b"mood" not in sealed.ciphertext
    assert unseal(key, sealed, **PLACE) == "mood 7, ٧ 🙂"


@pytest.mark.parametrize(
    "moved",
    [
        PLACE | {"topic": "checkins.v1"},
        PLACE | {"participant": "p-fedcba9876543210"},
        PLACE | {"event_id": event_id("b")},
    ],
)
def test_a_seal_that_was_moved_does_not_open(moved: Place) -> None:
    key = new_key()
    with pytest.raises(WrongKey):
        unseal(key, seal(key, "7 3 5", **PLACE), **moved)


def test_another_participants_key_does_not_open_it() -> None:
    with pytest.raises(WrongKey):
        unseal(new_key(), seal(new_key(), "7 3 5", **PLACE), **PLACE)


def test_a_retry_makes_the_same_bytes_and_other_words_another_nonce() -> None:
    key = new_key()
    first, again, other = (seal(key, words, **PLACE) for words in ("7 3 5", "7 3 5", "7 3 6"))
    assert first == again
    assert first.nonce != other.nonce
