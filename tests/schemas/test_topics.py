"""Every event type is on one topic, and a consumer accounts for every type on its topics."""

from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import pytest

from schemas.codec import decode
from schemas.consumers import Consumes, ContractBroken, MisplacedEvent
from schemas.events import CheckInRetracted, CheckInSubmitted, Envelope, Event, MessageReceived
from schemas.topics import CHECKINS, MESSAGES, TOPICS, declared_topics, topic_of

WRITTEN = (Path(__file__).parent / "events_v1.jsonl").read_text(encoding="utf-8").splitlines()
EVENTS = [decode(line.encode()) for line in WRITTEN if line]
CONTRACT: Consumes[CheckInSubmitted] = Consumes(
    "counting", (CHECKINS,), handles=(CheckInSubmitted,), ignores=(CheckInRetracted,)
)


class CheckInDoubted(Envelope):
    """Made up for these tests."""

    type: Literal["checkin.doubted"] = "checkin.doubted"


def test_every_event_type_is_on_exactly_one_topic() -> None:
    declared = [kind for topic in TOPICS for kind in topic.events]
    assert sorted(declared, key=repr) == sorted(get_args(get_args(Event)[0]), key=repr)
    assert all(type(event) in topic_of(event).events for event in EVENTS)


def test_two_topics_cannot_declare_one_event_type() -> None:
    twice = replace(MESSAGES, events=(MessageReceived, CheckInSubmitted))
    with pytest.raises(
        TypeError, match=r"both inbound\.messages\.v1 and checkins\.v1 declare CheckInSubmitted"
    ):
        declared_topics([twice, CHECKINS], [])


def test_an_event_type_needs_a_topic() -> None:
    with pytest.raises(TypeError, match="no topic declares CheckInDoubted"):
        declared_topics([CHECKINS], [CheckInSubmitted, CheckInDoubted])


def test_a_consumer_selects_what_it_handles() -> None:
    for event in EVENTS:
        match event:
            case CheckInSubmitted():
                assert CONTRACT.select(event) is event
            case CheckInRetracted():
                assert CONTRACT.select(event) is None
            case _:
                with pytest.raises(MisplacedEvent, match=rf"{event.type} does not belong on .*checkins\.v1"):
                    CONTRACT.select(event)


def test_a_consumer_refuses_a_topic_with_an_event_type_that_it_does_not_name() -> None:
    topic = replace(CHECKINS, events=(*CHECKINS.events, CheckInDoubted))
    with pytest.raises(ContractBroken, match="counting neither handles nor ignores: CheckInDoubted"):
        replace(CONTRACT, topics=(topic,))


def test_a_consumer_cannot_both_handle_and_ignore_an_event_type() -> None:
    with pytest.raises(ContractBroken, match="both handles and ignores: CheckInSubmitted"):
        replace(CONTRACT, ignores=(CheckInSubmitted, CheckInRetracted))


def test_a_consumer_cannot_name_an_event_type_of_a_topic_that_it_does_not_read() -> None:
    with pytest.raises(ContractBroken, match="reads no topic that declares: MessageReceived"):
        replace(CONTRACT, ignores=(CheckInRetracted, MessageReceived))
