"""A file of past check-ins by a mapping: through Kafka, or through the same tables in memory."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from producers.imports.events import Event, events_of
from producers.imports.mapping import load_mapping
from producers.imports.rows import read_rows
from schemas.events import CheckInSubmitted, PromptSent
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.full_record import Row, indicators_of
from streams.indicators.update import TimelineEvent, batch
from streams.records.item_roles import Layout
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
    """How many people, prompts and answers a file held."""

    participants: int
    prompts: int
    answered: int

    @classmethod
    def of(cls, events: Sequence[Event]) -> "Imported":
        """Count them."""
        kinds = Counter(type(event) for event in events)
        people = {event.participant for event in events}
        return cls(len(people), kinds[PromptSent], kinds[CheckInSubmitted])

    def __str__(self) -> str:
        missed = self.prompts - self.answered
        people = f"participants={self.participants}"
        return f"{people} prompts={self.prompts} answered={self.answered} missed={missed}"


class NotInFile(LookupError):
    """A participant or an item was asked for that is not there."""


class NotArrived(RuntimeError):
    """What was sent is not all in the store yet."""


def wait_until_stored(query: Any, study: Study, wanted: Imported) -> None:
    """Wait, for two minutes at most, until everything imported is in the store.

    Raises:
        NotArrived: It is not.
    """
    end = time.monotonic() + _LIMIT_SECONDS
    while True:
        found = query(_STORED, study=study.id).iloc[0]
        if int(found["prompts"]) >= wanted.prompts and int(found["answered"]) >= wanted.answered:
            return
        if time.monotonic() > end:
            raise NotArrived(
                f"Kafka has everything, but the store shows {found['prompts']} prompts and "
                f"{found['answered']} answers of {study.id} so far; is it running? See `wellstream check`"
            )
        time.sleep(_POLL_SECONDS)


class Memory:
    """The store's tables in memory, filled from events without Kafka, on the connection."""

    def __init__(self, study: Study, events: list[Event]) -> None:
        self.connection = open_store(":memory:")
        rows: Rows = project_study(study)
        heard = [event for event in events if isinstance(event, TimelineEvent)]
        for event in (*events, *batch(heard, Versions([study]))):
            for name, more in project(event).items():
                rows.setdefault(name, []).extend(more)
        write(self.connection, rows, {})

    def query(self, sql: str, **params: Any) -> pd.DataFrame:
        """The rows of a SELECT, as the reader of a running store gives them."""
        return asking(self.connection)(sql, **params)


def summaries(query: Any, study: Study, item: str = "") -> list[Row]:
    """The catalogue over the whole record of everybody in a study.

    Args:
        query: The store.
        study: Its newest definition.
        item: What level, instability, charts and overlap are about; empty for the layout's own.

    Raises:
        NotInFile: The study has no such item on a scale.
    """
    layout = Layout.of(study)
    if item and item not in layout.ranges:
        raise NotInFile(f"there is no item {item!r}; there are {', '.join(layout.ranges)}")
    layout = replace(layout, main=item) if item else layout
    return [row for series in read_series(query, study) for row in indicators_of(series, layout)]
