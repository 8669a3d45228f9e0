"""A dashboard over a real DuckDB file that our own projection filled, without Kafka between."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest

from dashboard import connection
from dashboard.sign_in.entrance import entrance
from producers.simulator.days import Prompt, Text, history
from producers.simulator.people import invent
from schemas.clock import now
from schemas.events import (
    CheckInSubmitted,
    IndicatorsUpdated,
    ParticipantEnrolled,
    PromptSent,
    SafetyAttended,
    SafetyRaised,
)
from schemas.identity import event_id
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.conversation.numbers import Parsed, parse
from streams.indicators.update import TimelineEvent, absorb, updates
from streams.store.binding import bind
from streams.store.client import StoreUnavailable
from streams.store.permission import RELATIONS, Permission
from streams.store.projection import project, project_study
from streams.store.queries import Operations, StudyData
from streams.store.schema import Rows
from streams.store.tokens import Role
from streams.store.writer import asking, open_store, write
from tests.conftest import DEMO

STUDY = load_study(DEMO)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PERMISSION = Permission(RELATIONS[Role.STAFF])


class File:
    """Answers like the reader, from a connection of its own, what a reader may ask."""

    def __init__(self, store: duckdb.DuckDBPyConnection) -> None:
        self._store = store

    def query(self, sql: str, **params: Any) -> pd.DataFrame:
        return asking(self._store)(PERMISSION.permit(bind(sql, params)))


class Away:
    """A store that does not answer."""

    def query(self, sql: str, **params: Any) -> pd.DataFrame:
        raise StoreUnavailable("the store does not answer; is it running?")


def simulated_rows(people: int) -> Rows:
    """Eight weeks of simulated people who answer by text."""
    rows: Rows = project_study(STUDY)
    heard: list[TimelineEvent] = []
    for index, person in enumerate(invent(STUDY, people, 56, 7, NOW.date())):
        common = {"study": STUDY.ref, "participant": f"p-{index:016d}", "zone": person.zone}
        begun = NOW - timedelta(days=56)
        enrolled = common | {
            "event_id": event_id("enrolled", str(index)), "arm": person.arm, "language": person.language,
            "start_date": person.start, "occurred_at": begun, "recorded_at": begun,
        }  # fmt: skip
        _add(rows, project(ParticipantEnrolled.model_validate(enrolled)))
        for action in history(person, STUDY, datetime.min.replace(tzinfo=UTC), NOW):
            stamped = common | {"occurred_at": action.at, "recorded_at": action.at}
            if isinstance(action, Prompt):
                asked = stamped | {
                    "event_id": action.id, "channel": action.channel, "scheduled_at": action.at,
                    "expires_at": action.expires_at, "study_day": action.study_day, "beep": action.beep,
                }  # fmt: skip
                heard.append(PromptSent.model_validate(asked))
            elif isinstance(action, Text):
                parsed = parse(action.words, STUDY, person.language)
                if isinstance(parsed, Parsed):
                    answered = stamped | {
                        "event_id": event_id("text", action.sid), "channel": "sms",
                        "language": person.language, "answers": parsed.answers,
                    }  # fmt: skip
                    heard.append(CheckInSubmitted.model_validate(answered))
    for event in (*heard, *_some_updates(heard)):
        _add(rows, project(event))
    return rows


def _some_updates(heard: Iterable[TimelineEvent]) -> Iterator[IndicatorsUpdated]:
    """The live indicators at every fifth check-in: all of them take a minute, and pages need one a week."""
    by_person: defaultdict[str, list[TimelineEvent]] = defaultdict(list)
    for event in heard:
        by_person[event.participant].append(event)
    for who, events in by_person.items():
        events.sort(key=lambda event: event.occurred_at)
        half = len(events) // 2
        state, versions = None, Versions([STUDY])
        for part in (events[:half], events[half:]):  # the state forgets what is older than its windows
            state, history, affected = absorb(state, part, versions)
            yield from updates(who, history, affected[::-5], versions)


def _add(rows: Rows, more: Rows) -> None:
    for name, found in more.items():
        rows.setdefault(name, []).extend(found)


@pytest.fixture(scope="session")
def simulated() -> Rows:
    """Thirty people, ten in each arm."""
    return simulated_rows(30)


@pytest.fixture(scope="session")
def full(simulated: Rows) -> File:
    store = open_store(":memory:")
    write(store, simulated, {("checkins.v1", 0): 42})
    return File(store)


@pytest.fixture
def calling(simulated: Rows) -> File:
    """Two people called for help, and somebody attended to one of them."""
    store, at = open_store(":memory:"), now()
    rows = {name: list(found) for name, found in simulated.items()}
    for number in (1, 2):
        common = {"study": STUDY.ref, "participant": f"p-{number:016d}", "zone": "Europe/Brussels",
                  "occurred_at": at, "recorded_at": at}  # fmt: skip
        alert = event_id("alert", str(number))
        raised = {"event_id": alert, "cause": event_id("form", str(number)), "rule": "en-5"}
        _add(rows, project(SafetyRaised.model_validate(common | raised)))
        if number == 2:
            attended = {
                "event_id": event_id("attended"),
                "alert": alert,
                "by": "Dr V",
                "did": "agreed on a visit",
            }
            _add(rows, project(SafetyAttended.model_validate(common | attended)))
    write(store, rows, {})
    return File(store)


@pytest.fixture(scope="session")
def empty() -> File:
    return File(open_store(":memory:"))


@pytest.fixture
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The dashboard's frame shows its pages, as in the demo."""
    monkeypatch.setenv("WELLSTREAM_SIMULATION", "true")
    entrance.cache_clear()
    yield
    entrance.cache_clear()


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    """Puts the named store behind the pages."""

    def put(name: str) -> None:
        store = Away() if name == "away" else request.getfixturevalue(name)
        monkeypatch.setattr(connection, "data", lambda: StudyData(store))
        monkeypatch.setattr(connection, "operations", lambda: Operations(store))
        connection.report.clear()
        connection.weeks.clear()

    return put
