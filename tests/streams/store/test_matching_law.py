"""LAW: the store's views, the live indicators and the planner find the same answer of each prompt.

They also agree on which check-ins were prompted, and on the study day to which each belongs. The rules are in
`streams/records/matching.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Channel
from schemas.events import (
    CheckInRetracted,
    CheckInSubmitted,
    EnvelopeFields,
    ParticipantEnrolled,
    PlannedPrompt,
    PromptSent,
    caused_by,
)
from schemas.identity import event_id
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.update import TimelineEvent, absorb
from streams.records.matching import CheckInVersion, SentPrompt, first_answers, prompted
from streams.records.timeline import to_ms
from streams.scheduling.participant_state import ParticipantState
from streams.store.projection import project
from streams.store.schema import Rows
from streams.store.writer import open_store, write
from tests.conftest import DEMO
from tests.examples import examples

STUDY = load_study(DEMO)
VERSIONS = Versions([STUDY])
START = datetime(2026, 6, 1, 8, tzinfo=UTC)
PEOPLE = ("p-0000000000000001", "p-0000000000000002")
MINUTE = st.integers(0, 9)
TODAY = 3
"""The study day of START's local date."""


@dataclass(frozen=True)
class Record:
    """What happened to two people, in the order in which it arrives; some of it arrives twice."""

    arrived: list[TimelineEvent]

    def of(self, participant: str) -> list[TimelineEvent]:
        return [event for event in self.arrived if event.participant == participant]


def envelope(participant: str, minute: int, *name: object) -> EnvelopeFields:
    at = START + timedelta(minutes=minute)
    return EnvelopeFields(
        event_id=event_id("matching", participant, *map(str, name)), study=STUDY.ref,
        participant=participant, occurred_at=at, recorded_at=at, zone="Europe/Brussels",
    )  # fmt: skip


@st.composite
def prompts(draw: st.DrawFn, participant: str) -> list[PromptSent]:
    """Up to five prompts; some at one instant, some that expire after the next one was sent."""
    found = []
    for number, minute in enumerate(draw(st.lists(MINUTE, max_size=5))):
        fields = envelope(participant, minute, "prompt", number)
        at = fields["occurred_at"]
        expires_at = at + timedelta(minutes=draw(st.integers(1, 6)))
        sent = PromptSent(
            **fields,
            channel=Channel.SMS,
            scheduled_at=at,
            expires_at=expires_at,
            study_day=draw(st.integers(TODAY - 1, TODAY)),  # planned for today, or for a day past midnight
            beep=number + 1,
        )
        found.append(sent)
    return found


@st.composite
def checkins(draw: st.DrawFn, participant: str, known: list[UUID]) -> list[TimelineEvent]:
    """Up to six check-ins with their versions: texts, links of prompts and standing ones, late answers."""
    found: list[TimelineEvent] = []
    names = st.sampled_from([*known, event_id("matching", "a prompt that was never sent")])
    for number, minute in enumerate(draw(st.lists(MINUTE, max_size=6))):
        how = draw(st.sampled_from(("text", "text", "link", "link", "own initiative", "late")))
        first = CheckInSubmitted(
            **envelope(participant, minute, "checkin", number), language="nl", answers={"mood": number},
            channel=Channel.WEB if how in ("link", "own initiative") else Channel.SMS,
            prompt_id=draw(names) if how == "link" else None, late_for=draw(names) if how == "late" else None,
        )  # fmt: skip
        found += [first, *draw(st.lists(later_version(first), max_size=2))]
    return found


@st.composite
def later_version(draw: st.DrawFn, first: CheckInSubmitted) -> CheckInSubmitted | CheckInRetracted:
    """A correction or a retraction; two of them may have one version, made by two hands."""
    version, hand, retracts = draw(st.integers(2, 3)), draw(st.integers(1, 2)), draw(st.booleans())
    name = event_id("matching", str(first.event_id), str(version), "gone" if retracts else str(hand))
    if retracts:
        return CheckInRetracted(**caused_by(first, name), version=version, corrects=first.event_id)
    changes = {"event_id": name, "version": version, "corrects": first.event_id, "answers": {"mood": hand}}
    return first.model_copy(update=changes)


@st.composite
def records(draw: st.DrawFn) -> Record:
    sent = [prompt for who in PEOPLE for prompt in draw(prompts(who))]
    names = [prompt.event_id for prompt in sent]  # a check-in may name another person's prompt, too
    given_ = [event for who in PEOPLE for event in draw(checkins(who, names))]
    events = [*sent, *given_]
    again = draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
    return Record(draw(st.permutations([*events, *again])))


@dataclass(frozen=True)
class Matched:
    """The answer of each prompt, and of each check-in its study day and whether it was prompted."""

    answers: dict[str, str]
    checkins: dict[str, tuple[int, bool]]


def by_the_rule(record: Record, who: str) -> Matched:
    """The answer of each prompt, by `first_answers`, and which check-ins were prompted, by `prompted`."""
    highest: dict[UUID, CheckInSubmitted | CheckInRetracted] = {}
    sent, planned_for = set(), {}
    for event in record.of(who):
        if isinstance(event, PromptSent):
            planned_for[str(event.event_id)] = event.study_day
            sent.add(SentPrompt(to_ms(event.occurred_at), str(event.event_id), to_ms(event.expires_at)))
        else:
            there = highest.get(event.checkin, event)
            highest[event.checkin] = max(there, event, key=lambda one: (one.version, one.event_id))
    versions = [
        CheckInVersion(
            to_ms(one.occurred_at), str(one.checkin), retracted=isinstance(one, CheckInRetracted),
            prompt=str(getattr(one, "prompt_id", None) or ""),
            late=getattr(one, "late_for", None) is not None,
        )
        for one in highest.values()
    ]  # fmt: skip
    answers = first_answers(sorted(sent), versions)
    counted = [one for one in versions if not one.retracted]
    asked = prompted(counted, answers)
    days = {checkin.id: planned_for[prompt] for prompt, checkin in answers.items()}
    return Matched(
        {prompt: checkin.id for prompt, checkin in answers.items()},
        {one.id: (days.get(one.id, TODAY), one.id in asked) for one in counted},
    )


@pytest.fixture(scope="module")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_store(":memory:")
    for who in PEOPLE:
        enrolled = ParticipantEnrolled(
            **envelope(who, -60, "enrolment"), arm="cbt", language="nl",
            start_date=date(2026, 6, 1) - timedelta(days=TODAY - 1),
        )  # fmt: skip
        write(connection, project(enrolled), {})
    yield connection
    connection.close()


def stored(store: duckdb.DuckDBPyConnection, record: Record) -> Matched:
    """What the views say, after the events were written in two batches."""
    for table in ("prompts", "checkin_versions", "answer_versions"):
        store.execute(f"delete from {table}")
    half = len(record.arrived) // 2
    for batch in (record.arrived[:half], record.arrived[half:]):
        rows: Rows = {}
        for event in batch:
            for table, more in project(event).items():
                rows.setdefault(table, []).extend(more)
        write(store, rows, {})
    answers = "select prompt_id, checkin from prompt_outcomes where checkin is not null"
    checkins = store.execute("select checkin, study_day, prompted from checkin_days").fetchall()
    return Matched(
        dict(store.execute(answers).fetchall()),
        {checkin: (day, was_prompted) for checkin, day, was_prompted in checkins},
    )


@given(record=records())
@examples(100)
def test_the_view_finds_the_answers_that_the_rule_finds(
    store: duckdb.DuckDBPyConnection, record: Record
) -> None:
    expected = [by_the_rule(record, who) for who in PEOPLE]
    found = stored(store, record)
    assert found.answers == {prompt: one for each in expected for prompt, one in each.answers.items()}
    assert found.checkins == {checkin: one for each in expected for checkin, one in each.checkins.items()}


@given(record=records())
@examples(100)
def test_the_live_indicators_find_the_answers_that_the_rule_finds(record: Record) -> None:
    for who in PEOPLE:
        _, history, _ = absorb(None, record.of(who), VERSIONS)
        found = {prompt: checkin.id for prompt, checkin in history.answer_of.items()}
        expected = by_the_rule(record, who)
        assert found == expected.answers
        assert history.prompted == {checkin for checkin, (_, asked) in expected.checkins.items() if asked}


@given(record=records())
@examples(100)
def test_the_planner_takes_the_prompts_for_answered_that_the_rule_does(record: Record) -> None:
    for who in PEOPLE:
        state = ParticipantState()
        for event in record.of(who):
            state.learn(event)
        asked = [event for event in record.of(who) if isinstance(event, PromptSent)]
        answered = {str(one.event_id) for one in asked if state.answered(planned(one))}
        assert answered == set(by_the_rule(record, who).answers)


def planned(sent: PromptSent) -> PlannedPrompt:
    return PlannedPrompt(
        prompt_id=sent.event_id, rule="random", channel=sent.channel, scheduled_at=sent.scheduled_at,
        expires_at=sent.expires_at, beep=sent.beep,
    )  # fmt: skip
