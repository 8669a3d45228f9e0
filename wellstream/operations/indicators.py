"""`wellstream indicators`: from a file of check-ins to rows of indicators."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from producers.imports.events import pseudonym_of
from streams.indicators.full_record import indicators_of, window_of
from streams.indicators.whole_record import Row
from streams.records.full_record import Series
from streams.records.item_roles import CHECKINS, Layout
from wellstream.operations.checkin_file import read_checkins
from wellstream.operations.imports import Memory, NotInFile, events_in, restricted, summaries


def rows_of(path: Path, participants: Sequence[str], item: str, end: datetime | None = None) -> list[Row]:
    """The rows of a file's participants, sorted by participant and in the order of the catalogue's families.

    Args:
        path: The CSV.
        participants: Whose rows; empty for everybody's.
        item: The only scale or item for indicators of a single one; empty for every scale.
        end: Also give number, mean and SD of the seven days up to this instant.

    Raises:
        NotInFile: There is no such participant or item.
        DataFileError: The file cannot be used.
    """
    layout = restricted(CHECKINS, item, path)
    people = {series.participant: series for series in read_checkins(path, layout)}
    unknown = [name for name in participants if name not in people]
    if unknown:
        raise NotInFile(f"{path} has no participant {unknown[0]!r}; it has {', '.join(people)}")
    chosen = [people[name] for name in dict.fromkeys(participants)] or list(people.values())
    return [row for series in chosen for row in (*indicators_of(series, layout), *_week(series, layout, end))]


def _week(series: Series, layout: Layout, end: datetime | None) -> list[Row]:
    """Indicators of the seven days up to an instant, under the names of the reference values."""
    if end is None:
        return []
    name = f"py_win7d_end_{end.astimezone(UTC):%Y-%m-%dT%HZ}"
    rows = window_of(series, end, timedelta(days=7), layout)
    return [replace(row, indicator=f"{name}/{row.indicator}") for row in rows]


def mapped_rows_of(
    path: Path, study_file: Path, map_file: Path, participants: Sequence[str], item: str
) -> list[Row]:
    """The rows of a file whose columns a mapping describes, by pseudonym.

    Args:
        path: The CSV.
        study_file: The study's definition.
        map_file: What the columns mean.
        participants: Names in the file, or pseudonyms; empty for everybody.
        item: The only scale or item for indicators of a single one; empty for every scale.

    Raises:
        NotInFile: There is no such participant or item.
        DefinitionError, DataFileError: A file cannot be used.
    """
    study, events = events_in(path, study_file, map_file)
    people = {event.participant for event in events}
    chosen = {pseudonym_of(study, name) if name not in people else name for name in participants}
    if unknown := chosen - people:
        raise NotInFile(f"{path} has no participant {', '.join(sorted(unknown))}")
    rows = summaries(Memory(study, events).query, study, item)
    return [row for row in rows if not chosen or row.participant in chosen]


def write_csv(rows: Sequence[Row], file: TextIO) -> None:
    """Write rows as CSV with a header: floats in full precision, an empty cell where there is no value."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(map(astuple, rows))


def write_json(rows: Sequence[Row], file: TextIO) -> None:
    """Write rows as a JSON array of objects, with null where there is no value."""
    json.dump([asdict(row) for row in rows], file, indent=1, allow_nan=False)
    file.write("\n")
