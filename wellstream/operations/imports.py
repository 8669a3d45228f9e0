"""Imports a mapped file of past check-ins, through Kafka or into the same tables in memory."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from producers.imports.events import Event, events_of
from producers.imports.mapping import load_mapping
from producers.imports.rows import read_rows
from schemas.events import CheckInSubmitted, PromptSent
from schemas.events import Event as AnyEvent
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.full_record import indicators_of
from streams.indicators.update import TimelineEvent, batch
from streams.indicators.whole_record import Row
from streams.records.item_roles import Layout
from streams.store.definitions import versions
from streams.store.projection import project, project_study
from streams.store.schema import Rows
from streams.store.series import read_series
from streams.store.writer import asking, open_store, write

_LIMIT_SECONDS = 120.0
_POLL_SECONDS = 0.5
_STORED = (
    "select (select count(*) from prompts where split_part(study, '@', 1) = :study) as prompts, "
    "(select count(*) from checkins where split_part(study, '@', 1) = :study) as answered"
)


def events_in(file: Path, study_file: Path, map_file: Path) -> tuple[Study, list[Event]]:
    """The study and the events of a file.

    Raises:
        DefinitionError: The study's or the mapping's file cannot be used.
        DataFileError: The file of check-ins cannot be used.
    """
    study = load_study(study_file)
    return study, list(events_of(read_rows(file, study, load_mapping(map_file, study)), study))


@dataclass(frozen=True)
class Imported:
    """Number of participants, prompts and answered prompts in a file."""

    participants: int
    prompts: int
    answered: int

    @classmethod
    def of(cls, events: Sequence[Event]) -> "Imported":
        """Count those of a file's events."""
        kinds = Counter(type(event) for event in events)
        people = {event.participant for event in events}
        return cls(len(people), kinds[PromptSent], kinds[CheckInSubmitted])

    def __str__(self) -> str:
        missed = self.prompts - self.answered
        people = f"participants={self.participants}"
        return f"{people} prompts={self.prompts} answered={self.answered} missed={missed}"


class NotInFile(LookupError):
    """The file or study does not contain the participant or item that was asked for."""


class NotArrived(RuntimeError):
    """The store has not stored all imported events in time."""


def wait_until_stored(query: Any, study: Study, expected: Imported) -> None:
    """Wait until everything imported is in the store, for at most two minutes.

    Raises:
        NotArrived: Something is still missing after two minutes.
    """
    end = time.monotonic() + _LIMIT_SECONDS
    while True:
        found = query(_STORED, study=study.id).iloc[0]
        if int(found["prompts"]) >= expected.prompts and int(found["answered"]) >= expected.answered:
            return
        if time.monotonic() > end:
            raise NotArrived(
                f"Kafka has everything, but the store shows {found['prompts']} prompts and "
                f"{found['answered']} answers of {study.id} so far; "
                "check that it is running, then run `wellstream check`"
            )
        time.sleep(_POLL_SECONDS)


class Memory:
    """The store's tables in an in-memory database, filled from events without Kafka."""

    def __init__(self, study: Study, events: Sequence[AnyEvent]) -> None:
        self.connection = open_store(":memory:")
        rows: Rows = project_study(study)
        heard = [event for event in events if isinstance(event, TimelineEvent)]
        for event in (*events, *batch(heard, Versions([study]))):
            for name, more in project(event).items():
                rows.setdefault(name, []).extend(more)
        write(self.connection, rows, {})

    def query(self, sql: str, **params: Any) -> pd.DataFrame:
        """The rows of a SELECT, in the form in which the reader of a running store returns them."""
        return asking(self.connection)(sql, **params)


def summaries(query: Any, study: Study, item: str = "") -> list[Row]:
    """Every indicator of the catalogue over each participant's full record.

    Args:
        query: The store.
        study: Its newest definition.
        item: The only scale or item for indicators of a single one; empty for every scale.

    Raises:
        NotInFile: The study has no such scale or item.
    """
    layout = restricted(Layout.of(study), item, study.ref)
    people = read_series(query, study, versions(query))
    return [row for series in people for row in indicators_of(series, layout)]


def restricted(layout: Layout, item: str, where: object) -> Layout:
    """The layout for one scale or item; the layout itself if `item` is empty.

    Raises:
        NotInFile: There is no such scale or item; the message says so of `where`.
    """
    if not item:
        return layout
    known = dict.fromkeys([*layout.scales, *layout.ranges])
    if item not in known:
        raise NotInFile(f"{where} has no scale or item {item!r}; allowed: {', '.join(known)}")
    return layout.only(item)
