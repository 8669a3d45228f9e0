"""The agents' work without Faust, on ports in memory that keep what the real ones promise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from schemas.base import Channel
from schemas.consumers import MisplacedEvent
from schemas.events import (
    CheckInSubmitted,
    DayPlanned,
    DeadLetter,
    EnvelopeFields,
    Event,
    IndicatorsUpdated,
    MessageReceived,
    PromptSent,
    Reason,
    ReplyRequested,
)
from schemas.identity import event_id
from schemas.sealing import new_key, seal
from schemas.study.file import load_study
from schemas.study.versions import Versions
from schemas.topics import MESSAGES, topic_of
from streams.conversation.state import Conversation
from streams.worker.agents import compute, converse
from streams.worker.app import outputs
from streams.worker.ports import SendFailed
from tests.conftest import DEMO

STUDY = load_study(DEMO)
WHO, OTHER = "p-0123456789abcdef", "p-fedcba9876543210"
NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
KEY = new_key()
_Event = TypeVar("_Event")


@dataclass
class World:
    """Ports in memory: what is sent and kept, in order; a broker that can refuse, keys that can be gone."""

    states: dict[str, Any] = field(default_factory=dict)
    sent: list[Event] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    refuses_after: int | None = None
    destroyed: set[str] = field(default_factory=set)

    async def __call__(self, events: Sequence[Event]) -> None:
        if self.refuses_after is not None and len(self.steps) >= self.refuses_after:
            raise SendFailed
        assert {topic_of(event) for event in events} <= outputs()
        self.steps.append("send" if events else "flush")
        self.sent += events

    def get(self, participant: str) -> Any:
        return self.states.get(participant)

    async def keep(self, states: Mapping[str, Any]) -> None:
        self.steps.append("keep")
        self.states |= states

    async def having(self, refs: Iterable[str]) -> Versions:
        return Versions([STUDY])

    async def key(self, participant: str) -> bytes | None:
        return None if participant in self.destroyed else KEY

    async def converse(self, *events: Event) -> list[Event]:
        """What a batch brought about."""
        before = len(self.sent)
        await converse(list(events), self, self, self, self, lambda: NOON)
        return self.sent[before:]

    async def compute(self, *events: Event) -> list[Event]:
        """What a batch brought about."""
        before = len(self.sent)
        await compute(list(events), self, self, self, lambda: NOON)
        return self.sent[before:]


@pytest.fixture
def world() -> World:
    return World()


def envelope(name: str, minutes: float, who: str = WHO, study: str = STUDY.ref) -> EnvelopeFields:
    at = NOON + timedelta(minutes=minutes)
    return EnvelopeFields(
        event_id=event_id("agents", who, name), study=study, participant=who, occurred_at=at, recorded_at=at,
        zone="Europe/Brussels",
    )  # fmt: skip


def text(words: str, minutes: float, **about: str) -> MessageReceived:
    fields = envelope(words, minutes, **about)
    sealed = seal(
        KEY, words, topic=MESSAGES.name, participant=fields["participant"], event_id=fields["event_id"]
    )
    return MessageReceived(
        **fields, provider="fake", provider_message_id=words.replace(" ", "-"), language="en", text=sealed
    )


def prompt(minutes: float, **about: str) -> PromptSent:
    fields = envelope(f"prompt {minutes}", minutes, **about)
    at = fields["occurred_at"]
    return PromptSent(
        **fields, channel=Channel.SMS, scheduled_at=at, expires_at=at + timedelta(minutes=60), study_day=1,
        beep=1,
    )  # fmt: skip


def checkin(minutes: float, mood: int, **about: str) -> CheckInSubmitted:
    return CheckInSubmitted(
        **envelope(f"checkin {minutes}", minutes, **about), channel=Channel.SMS, language="en",
        answers={"mood": mood},
    )  # fmt: skip


def plan() -> DayPlanned:
    return DayPlanned(**envelope("plan", 0), date=NOON.date(), study_day=1, prompts=())


def of(kind: type[_Event], events: Iterable[object]) -> list[_Event]:
    return [event for event in events if isinstance(event, kind)]


async def test_what_follows_from_a_text_is_sent_before_the_state_that_knows_of_it(world: World) -> None:
    sent = await world.converse(text("7 3 5", 1))
    assert [type(event).__name__ for event in sent] == [
        "CheckInSubmitted", "MessageClassified",
    ]  # fmt: skip
    assert world.steps == ["send", "keep", "flush"]


async def test_a_text_whose_outcome_kafka_refused_is_answered_again_with_the_same_ids(world: World) -> None:
    world.refuses_after = 0
    with pytest.raises(SendFailed):
        await world.converse(text("7 3 5", 1))
    assert not world.states
    world.refuses_after = None
    first = await world.converse(text("7 3 5", 1))
    world.states.clear()  # as after a crash between sending and keeping
    assert await world.converse(text("7 3 5", 1)) == first


async def test_a_text_that_comes_twice_is_answered_once(world: World) -> None:
    assert len(of(CheckInSubmitted, await world.converse(text("7 3 5", 1), text("7 3 5", 1)))) == 1
    assert await world.converse(text("7 3 5", 1)) == []


async def test_a_text_answers_the_prompt_that_came_before_it_in_whatever_order_both_arrive(
    world: World,
) -> None:
    in_order, reversed_ = World(), World()
    await in_order.converse(prompt(0), text("7 3 5", 1), plan())
    await reversed_.converse(text("7 3 5", 1), plan(), prompt(0))
    assert in_order.sent == reversed_.sent
    assert in_order.states == reversed_.states
    (asked,) = Conversation.model_validate(in_order.states[WHO]).asked
    assert asked.answered


async def test_each_participant_has_a_conversation_of_their_own(world: World) -> None:
    await world.converse(prompt(0), prompt(0, who=OTHER), text("STOP", 1))
    stopped = {who: Conversation.model_validate(state).stopped for who, state in world.states.items()}
    assert stopped == {WHO: True, OTHER: False}


async def test_a_text_of_an_unknown_study_is_quarantined_once_and_the_rest_is_answered(world: World) -> None:
    strange = text("5", 0, study="unheard@1")
    sent = await world.converse(strange, prompt(0, study="unheard@1"), text("7 3 5", 1))
    (letter,) = of(DeadLetter, sent)
    assert (letter.reason, letter.cause, letter.topic) == (
        Reason.UNKNOWN_STUDY, strange.event_id, MESSAGES.name,
    )  # fmt: skip
    assert len(of(CheckInSubmitted, sent)) == 1


async def test_a_text_whose_key_was_destroyed_stays_sealed(world: World) -> None:
    world.destroyed.add(WHO)
    (letter,) = await world.converse(text("7 3 5", 1))
    assert isinstance(letter, DeadLetter)
    assert letter.reason == Reason.KEY_DESTROYED
    assert not of(ReplyRequested, world.sent)


async def test_an_event_on_the_wrong_topic_is_refused_and_nothing_is_sent(world: World) -> None:
    with pytest.raises(MisplacedEvent):
        await world.converse(text("7 3 5", 1), checkin(1, 7))
    with pytest.raises(MisplacedEvent):
        await world.compute(checkin(1, 7), text("7 3 5", 1))
    assert not world.steps


async def test_a_checkin_updates_the_indicators_at_its_time(world: World) -> None:
    sent = await world.compute(prompt(0), plan(), checkin(5, 7))
    (update,) = of(IndicatorsUpdated, sent)
    assert update.checkin == checkin(5, 7).event_id
    mean = next(v for v in update.values if v.indicator == "mean" and v.scale == "valence")
    compliance = next(v for v in update.values if v.indicator == "compliance")
    assert (mean.value, compliance.value) == (7.0, 1.0)
    assert world.steps == ["keep", "send"]


async def test_updates_that_kafka_refused_follow_again_although_the_state_was_kept(world: World) -> None:
    world.refuses_after = 1
    with pytest.raises(SendFailed):
        await world.compute(prompt(0), checkin(5, 7))
    assert WHO in world.states
    world.refuses_after = None
    again = await world.compute(prompt(0), checkin(5, 7))
    assert again == await World().compute(prompt(0), checkin(5, 7))


async def test_a_prompt_that_arrives_after_its_answer_ends_in_the_same_values() -> None:
    one, other = World(), World()
    await one.compute(prompt(0), checkin(5, 7))
    await other.compute(checkin(5, 7))
    late = await other.compute(prompt(0))
    assert late == one.sent
    assert other.states == one.states


async def test_what_an_unknown_study_sent_is_quarantined_and_the_rest_is_computed(world: World) -> None:
    strange: list[Event] = [prompt(0, study="unheard@1"), checkin(1, 5, study="unheard@1")]
    sent = await world.compute(*strange, checkin(5, 7))
    letters = of(DeadLetter, sent)
    assert [(letter.reason, letter.topic) for letter in letters] == [
        (Reason.UNKNOWN_STUDY, "prompts.v1"),
        (Reason.UNKNOWN_STUDY, "checkins.v1"),
    ]
    assert [letter.cause for letter in letters] == [event.event_id for event in strange]
    assert len(of(IndicatorsUpdated, sent)) == 1
