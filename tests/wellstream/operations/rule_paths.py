"""The five paths by which a value reaches people: live, rebuild, report, file and export."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import pandas as pd
import pytest
from pyarrow import parquet

from producers.imports.events import pseudonym_of
from schemas.base import CheckIns
from schemas.codec import encode
from schemas.events import CheckInSubmitted, Event, IndicatorsUpdated, ParticipantEnrolled, PromptSent, Window
from schemas.settings import Settings
from schemas.study import Study
from schemas.study.versions import Versions
from schemas.topic_log import Partition
from schemas.topics import STUDIES, topic_of
from streams.indicators.full_record import indicators_of
from streams.indicators.update import State, TimelineEvent, absorb, updates
from streams.records.item_roles import Layout
from streams.statistics.report import Report
from streams.store import rebuild as rebuilding
from streams.store.batch_job import compute, keep
from streams.store.group_report import Wanted
from streams.store.ingest import rows_of
from streams.store.queries import StudyData
from streams.store.series import read_series
from streams.store.writer import asking, open_store, write
from wellstream.operations.export import export
from wellstream.operations.indicators import mapped_rows_of

Heard = TimelineEvent | ParticipantEnrolled
Values = dict[tuple[str, str], "Found"]
"""What one path says of one person, by indicator and scale."""

_AT_ONCE = (1, 20, 90)
"""How many events the worker is given at once; it takes turns."""


class Found(NamedTuple):
    """A value as a path gives it; notes are separated by commas."""

    value: float | None
    n: int
    n_pairs: int | None = None
    reason: str | None = None
    notes: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Found":
        """From a row of a table, in which whatever is absent is None or NaN."""
        given = {name: None if pd.isna(row[name]) else row[name] for name in cls._fields if name != "n"}
        return cls(n=int(row["n"]), **given)


@dataclass(frozen=True)
class _Record:
    """A record of a topic."""

    topic: str
    offset: int
    value: bytes
    key: bytes | None = None
    partition: int = 0


class _Log:
    """Reads records that are at hand as `TopicReader` reads them from Kafka."""

    def __init__(self, records: Sequence[_Record]) -> None:
        self._records = records

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def beginnings(self) -> dict[Partition, int]:
        return {(record.topic, 0): 0 for record in self._records}

    async def ends(self) -> dict[Partition, int]:
        return {(record.topic, 0): record.offset + 1 for record in self._records}

    async def to_end(self, _: Mapping[Partition, int]) -> AsyncIterator[Sequence[_Record]]:
        yield self._records


class Live:
    """The updates that events cause in one order of arrival.

    Attributes:
        updates: In the order in which they were published.
    """

    def __init__(self, arrived: Sequence[Heard], known: Versions) -> None:
        self.updates: list[IndicatorsUpdated] = []
        self._last: dict[str, str] = {}
        states: dict[str, State] = {}
        for batch in _batches([event for event in arrived if isinstance(event, TimelineEvent)]):
            mine: defaultdict[str, list[TimelineEvent]] = defaultdict(list)
            for event in batch:
                mine[event.participant].append(event)
            for who, events in mine.items():
                state, history, affected = absorb(states.get(who), events, known)
                states[who] = json.loads(json.dumps(state))
                self.updates += updates(who, history, affected, known)
                if history.answered:
                    self._last[who] = history.answered[-1].id

    def values(self, window: Window) -> dict[str, Values]:
        """Everybody's values at their last check-in, by participant."""
        newest: dict[str, IndicatorsUpdated] = {}
        for update in self.updates:
            there = newest.get(str(update.checkin))
            if there is None or update.revision >= there.revision:
                newest[str(update.checkin)] = update
        return {
            who: {
                (one.indicator, one.scale): Found(
                    one.value, one.n, one.n_pairs, one.reason, ",".join(one.notes) if one.notes else None
                )
                for one in newest[last].values
                if one.window == window
            }
            for who, last in self._last.items()
        }


class Paths:
    """What the five paths make of some events.

    Args:
        studies: The versions of a study, the newest last.
        events: In the order in which they arrive.
        folder: An empty one.
        at: Now.

    Attributes:
        live: One for each order of arrival: as given and turned round, for one person; shuffled and with
            repetitions, for everybody.
        before: The view `indicators` of the store that the live updates filled.
        after: That of the store that was rebuilt.
        data: The rebuilt store, as pages and commands ask it.
    """

    def __init__(self, studies: Sequence[Study], events: Sequence[Heard], folder: Path, at: datetime) -> None:
        self.studies, self.study, self._events, self._folder, self._at = (
            studies,
            studies[-1],
            events,
            folder,
            at,
        )
        self.known = Versions(studies)
        orders = _orders(events)
        self.live = [Live(arrived, self.known) for arrived in orders]
        records = list(_log(studies, [*orders[-1], *self.live[-1].updates]))
        file = folder / "store.duckdb"
        with open_store(file) as store:
            rows, letters = rows_of(records)
            assert not letters, letters
            write(store, rows, {})
            self.before = _rows(store.execute("select * from indicators order by all").df())
        _rebuild(records, studies, file)
        self._store = open_store(file)
        self.query = asking(self._store)
        self.after = _rows(self.query("select * from indicators order by all"))
        self.data = StudyData(self, self.study.id)

    def close(self) -> None:
        self._store.close()

    def rebuilt(self, window: Window) -> dict[str, Values]:
        """Everybody's live values at their last check-in in the rebuilt store."""
        return _newest(self.after, window)

    def stored(self, table: str, **key: str) -> list[dict[str, Any]]:
        """The rows of a table of the batch about one indicator, without what only the store needs."""
        assert self.exported
        found = _rows(self.query(f"select * from {table}"))
        return [
            {name: value for name, value in row.items() if name not in ("study", "computed_at")}
            for row in found
            if row.items() >= key.items()
        ]

    def current(self, indicator: str, scale: str) -> list[dict[str, Any]]:
        """The rows of the view `current_indicators` about one indicator."""
        sql = (
            "select * from current_indicators where indicator = :indicator and scale = :scale "
            "order by participant, window_length"
        )
        return _rows(self.query(sql, indicator=indicator, scale=scale))

    def report(self, outcome: str, checkins: CheckIns = CheckIns.BOTH) -> Report:
        """An outcome in the group report, with its weeks."""
        of = next(one for one in self.data.outcomes() if one.name == outcome)
        return self.data.report(Wanted(checkins, models=False), [of]).of(outcome)

    def whole(self) -> dict[str, Values]:
        """Everybody's whole record."""
        layout, found = Layout.of(self.study), read_series(self.query, self.study, self.known)
        return {
            series.participant: {
                (row.indicator, row.scale): Found(row.value, row.n, row.n_pairs, row.reason, row.notes)
                for row in indicators_of(series, layout)
            }
            for series in found
        }

    def of_file(self) -> dict[str, Values]:
        """What `wellstream indicators FILE --study --map` says of the same events as a file."""
        names = ("rules.csv", "rules.yaml", "map.yaml")
        file, study, mapping = (self._folder / name for name in names)
        table = _table(self._events)
        file.write_text(table.to_csv(index=False), encoding="utf-8")
        study.write_text(self.study.model_dump_json(exclude_none=True), encoding="utf-8")
        mapping.write_text(json.dumps(_mapping(self.study, table.columns)), encoding="utf-8")
        people = {pseudonym_of(self.study, event.participant): event.participant for event in self._events}
        found: defaultdict[str, Values] = defaultdict(dict)
        for row in mapped_rows_of(file, study, mapping, [], ""):
            found[people[row.participant]][row.indicator, row.scale] = Found(
                row.value, row.n, row.n_pairs, row.reason, row.notes
            )
        return found

    @cached_property
    def exported(self) -> Path:
        """The folder of an export after a batch. What takes models to compute is left out: it takes long."""
        keep(self._store, compute(self.query, self._at, models=False), self._at)
        folder = self._folder / "export"
        with pytest.MonkeyPatch.context() as patch:
            for name in ("models", "reliability", "proximal_effects", "trends"):
                patch.setattr(StudyData, name, lambda *_, **__: ())
            export(self, self.study.id, folder, self._at)
        return folder

    def sheet(self, name: str) -> list[dict[str, Any]]:
        """The rows of an exported table."""
        found: list[dict[str, Any]] = parquet.read_table(self.exported / f"{name}.parquet").to_pylist()
        return found

    def exported_live(self, window: Window) -> dict[str, Values]:
        """Everybody's live values at their last check-in in the export."""
        return _newest(self.sheet("indicators_live"), window)

    def exported_whole(self) -> dict[str, Values]:
        """Everybody's whole record in the export."""
        found: defaultdict[str, Values] = defaultdict(dict)
        for row in self.sheet("indicators_whole_record"):
            found[row["participant"]][row["indicator"], row["scale"]] = Found.of(row)
        return found


def _orders(events: Sequence[Heard]) -> tuple[list[Heard], ...]:
    mine = [event for event in events if event.participant == events[0].participant]
    dice = random.Random(0)
    shuffled = dice.sample(list(events), len(events)) + dice.sample(list(events), len(events) // 4)
    return mine, mine[::-1], shuffled


def _batches(events: Sequence[TimelineEvent]) -> Iterator[Sequence[TimelineEvent]]:
    start = turn = 0
    while start < len(events):
        size = _AT_ONCE[turn % len(_AT_ONCE)]
        yield events[start : start + size]
        start, turn = start + size, turn + 1


def _log(studies: Iterable[Study], events: Iterable[Event]) -> Iterator[_Record]:
    ends: defaultdict[str, int] = defaultdict(int)
    named = [
        *((STUDIES.name, study.model_dump_json().encode()) for study in studies),
        *((topic_of(event).name, encode(event)) for event in events),
    ]
    for topic, value in named:
        yield _Record(topic, ends[topic], value)
        ends[topic] += 1


def _rebuild(records: Sequence[_Record], studies: Sequence[Study], file: Path) -> None:
    async def known(_: str) -> dict[str, Study]:
        return {study.ref: study for study in studies}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebuilding, "TopicReader", lambda *_: _Log(records))
        patch.setattr(rebuilding, "read_studies", known)
        asyncio.run(rebuilding.rebuild(Settings(store_file=file)))


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    table = frame.astype(object)
    found: list[dict[str, Any]] = table.where(table.notna(), None).to_dict("records")
    return found


def _newest(rows: Iterable[Mapping[str, Any]], window: Window) -> dict[str, Values]:
    last: dict[str, tuple[Any, str]] = {}
    mine: defaultdict[tuple[str, str], dict[tuple[str, str], Found]] = defaultdict(dict)
    for row in rows:
        who, checkin = row["participant"], row["checkin"]
        last[who] = max(last.get(who, (row["window_end"], checkin)), (row["window_end"], checkin))
        if row["window_length"] == window.value:
            mine[who, checkin][row["indicator"], row["scale"]] = Found.of(row)
    return {who: mine[who, checkin] for who, (_, checkin) in last.items()}


def _table(events: Sequence[Heard]) -> pd.DataFrame:
    """A file of the events: a row for each prompt, with the answers to it if there are any."""
    answers = {event.prompt_id: event for event in events if isinstance(event, CheckInSubmitted)}
    enrolments = sorted(
        (event for event in events if isinstance(event, ParticipantEnrolled)), key=lambda one: one.occurred_at
    )
    lines = []
    for sent in (event for event in events if isinstance(event, PromptSent)):
        made = answers.get(sent.event_id)
        enrolled = [
            one
            for one in enrolments
            if one.participant == sent.participant and one.occurred_at <= sent.occurred_at
        ]
        lines.append(
            {
                "who": sent.participant, "arm": enrolled[-1].arm, "day": sent.study_day, "beep": sent.beep,
                "language": made.language if made else enrolled[-1].language,
                "scheduled": sent.scheduled_at.isoformat(),
                "done": made.occurred_at.isoformat() if made else "", **(made.answers if made else {}),
            }
        )  # fmt: skip
    return pd.DataFrame(lines).convert_dtypes()


def _mapping(study: Study, columns: Iterable[str]) -> dict[str, Any]:
    return {
        "participant": "who", "arm": {"column": "arm"}, "language": {"column": "language"},
        "zone": {"value": "Europe/Brussels"}, "scheduled": "scheduled", "answered": "done", "beep": "beep",
        "day": "day", "items": {item.id: item.id for item in study.items if item.id in columns},
    }  # fmt: skip
