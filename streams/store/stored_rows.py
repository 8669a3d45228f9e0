"""Are the store's rows those that the topics' records say? Each record is projected again and looked up."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pandas as pd
from aiokafka import ConsumerRecord

from streams.store.ingest import rows_of
from streams.store.schema import TABLES, Row, Table

Query = Callable[..., Any]
Trouble = Literal["missing", "differing"]
Key = tuple[str, Row]
"""A table's name and the key of one of its rows."""

DOUBTS = 1000
"""How many rows are looked at again; the count of what is missing goes no further."""

_LOOKED_UP = 4000
_TABLES = {table.name: table for table in TABLES}
_LETTERS = "dead_letters"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Place:
    """Where a record is."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        offset = f"offset {self.offset}" if self.offset >= 0 else "at an offset that it did not name"
        return f"{self.topic}, partition {self.partition}, {offset}"


@dataclass(frozen=True)
class Expected:
    """A row that a record becomes. Of a dead letter that the store makes itself, only the key is known."""

    row: Row
    place: Place
    key_only: bool = False


@dataclass
class Expectations:
    """What some records become: for each key the row that the store should have.

    Attributes:
        only: Rows with other keys are left out; None for all.
    """

    only: frozenset[Key] | None = None
    rows: dict[Key, Expected] = field(default_factory=dict)
    quarantined: int = 0

    def add(self, records: Iterable[ConsumerRecord]) -> None:
        """Add the rows of further records, in the order of their partitions."""
        for record in records:
            place = Place(record.topic, record.partition, record.offset)
            found, letters = rows_of([record])
            self.quarantined += len(letters)
            for letter in letters:
                self._keep((_LETTERS, (str(letter.event_id),)), Expected((), place, key_only=True))
            for name, rows in found.items():
                for row in rows:
                    self._keep((name, row[: _TABLES[name].key]), Expected(row, place))

    def _keep(self, key: Key, expected: Expected) -> None:
        if self.only is not None and key not in self.only:
            return
        there = self.rows.get(key)
        column = _newest(_TABLES[key[0]])
        # As the writer does: the newest revision where there are revisions, else what came first.
        if there is None or (column is not None and expected.row[column] >= there.row[column]):
            self.rows[key] = expected


def troubles(query: Query, expected: Expectations) -> dict[Key, Trouble]:
    """The rows that the store lacks or has otherwise."""
    found: dict[Key, Trouble] = {}
    tables: dict[str, list[Key]] = {}
    for key in expected.rows:
        tables.setdefault(key[0], []).append(key)
    for name, keys in tables.items():
        first = list(dict.fromkeys(str(key[1][0]) for key in keys))
        there: dict[Row, Row] = {}
        for begin in range(0, len(first), _LOOKED_UP):
            there |= _stored(query, _TABLES[name], first[begin : begin + _LOOKED_UP])
        for key in keys:
            if trouble := _trouble(expected.rows[key], key, there):
                found[key] = trouble
    return found


def _trouble(expected: Expected, key: Key, there: dict[Row, Row]) -> Trouble | None:
    table = _TABLES[key[0]]
    row = there.get(key[1])
    if row is None:
        return "missing"
    if expected.key_only:
        return None
    wanted = tuple(_plain(value) for value in expected.row)
    column = _newest(table)
    if row == wanted or (column is not None and row[column] > wanted[column]):
        return None
    return "differing"


def _stored(query: Query, table: Table, names: Sequence[str]) -> dict[Row, Row]:
    columns = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in columns)
    frame = query(
        f'select {listed} from {table.name} where "{columns[0]}" in (select unnest(:names))',  # noqa: S608
        names=list(names),
    )
    dates = [column.sql == "date" for column in table.columns]
    rows = (
        tuple(_plain(value, day=day) for value, day in zip(row, dates, strict=True))
        for row in zip(*(frame[name].tolist() for name in columns), strict=True)
    )
    return {row[: table.key]: row for row in rows}


def _plain(value: Any, *, day: bool = False) -> Any:
    """A value as the store keeps it, so that both sides compare: milliseconds, and dates as text."""
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        if day:
            return value.date().isoformat()
        return (pd.Timestamp(value).to_pydatetime() - _EPOCH) // timedelta(milliseconds=1)
    if isinstance(value, date):
        return value.isoformat()
    # A StrEnum is kept as its text.
    return str(value) if isinstance(value, str) else value


def _newest(table: Table) -> int | None:
    if table.newest is None:
        return None
    return [column.name for column in table.columns].index(table.newest)
