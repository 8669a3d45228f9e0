"""Reads a CSV of past check-ins with a mapping. Errors name the line and the column; nothing is guessed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import assert_never
from zoneinfo import ZoneInfo

from producers.imports import csv_table as cells
from producers.imports.csv_table import CellRefused, DataFileError, Problem, Row, read_table
from producers.imports.mapping import Mapping
from schemas.study import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    Scale,
    ScaleItem,
    Study,
    TextItem,
    YesNoItem,
)

Answers = dict[str, float | tuple[str, ...]]
_NAMED_TIME = re.compile(r"^(?P<time>.*?\d)(?:\s+(?P<zone>[A-Z]{2,5}|[+-]\d{2}))?$")
_MOST_BEEPS = 48
_MOST_DAYS = 3650


@dataclass(frozen=True)
class Imported:
    """A row of the file: one prompt, with its answers if there are any.

    Attributes:
        line: Line number in the file; the header is line 1.
        person: The participant's name in the file.
        zone: IANA name of the time zone.
        scheduled, sent, expires: When the prompt was scheduled, sent and expired.
        date: The local date on which the waking day of the prompt began.
        day: Its study day, if the file has it.
        beep: Number of the prompt within its study day.
        answered, started: When it was answered and opened; None if it was not, or if the time is unknown.
        answers: By item; empty for a missed prompt.
        occurrence: 0; counts up where the file repeats a participant and scheduled time.
    """

    line: int
    person: str
    arm: str
    language: str
    zone: str
    scheduled: datetime
    sent: datetime
    expires: datetime
    date: date
    day: int | None
    beep: int
    answered: datetime | None
    started: datetime | None
    answers: Answers
    occurrence: int = 0


def read_rows(path: Path, study: Study, mapping: Mapping) -> list[Imported]:
    """Read all rows of a file, in order.

    Raises:
        DataFileError: A column is missing, or a cell has an error.
        OSError: The file cannot be opened.
    """
    problems: list[Problem] = []
    found: list[Imported] = []
    seen: dict[tuple[str, datetime], int] = {}
    for row in read_table(path, lambda header: _missing_columns(header, mapping), problems):
        imported = _imported(row, study, mapping)
        if imported is not None:
            key = (imported.person, imported.scheduled)
            seen[key] = seen.get(key, -1) + 1
            found.append(replace(imported, occurrence=seen[key]))
    problems += _out_of_order(found, mapping)
    if problems:
        raise DataFileError(path, problems)
    return found


def _out_of_order(rows: list[Imported], mapping: Mapping) -> Iterator[Problem]:
    """Prompts whose study day or number contradicts their time: pairs of them would be no neighbours."""
    ordered = sorted(rows, key=lambda row: (row.person, row.scheduled, row.day or 0, row.beep))
    for before, row in pairwise(ordered):
        if row.person != before.person:
            continue
        if mapping.day and row.day and before.day and row.day < before.day:
            message = f"study day {row.day} is later than study day {before.day} in line {before.line}"
            yield Problem(row.line, mapping.day, message)
        elif (row.day or row.date) == (before.day or before.date) and row.beep < before.beep:
            yield Problem(
                row.line,
                mapping.beep,
                f"prompt {row.beep} is later than prompt {before.beep} of the same study day in line "
                f"{before.line}; if a prompt after midnight belongs to the day before, let the waking day of "
                "the study reach past midnight (`schedule`: `sleep` before `wake`), or name the column with "
                "the study day in the mapping (`day`)",
            )


def _missing_columns(header: list[str], mapping: Mapping) -> list[Problem]:
    message = f"there is no such column; the file has {', '.join(header)}"
    return [Problem(1, name, message) for name in mapping.columns if name not in header]


def _imported(row: Row, study: Study, mapping: Mapping) -> Imported | None:
    """The row; None, with its problems recorded, if a cell cannot be used."""
    person = row.read(mapping.participant, cells.text)
    arm, language = mapping.arm.of(row.cells), mapping.language.of(row.cells)
    if study.arm(arm) is None:
        row.refuse(
            "arm", f"{arm!r} is not an arm of {study.ref}; allowed: {', '.join(a.id for a in study.arms)}"
        )
    if language not in study.languages:
        row.refuse(
            "language",
            f"{language!r} is not a language of {study.ref}; allowed: {', '.join(study.languages)}",
        )
    beep = row.read(mapping.beep, cells.count(_MOST_BEEPS))
    day = row.read(mapping.day, cells.count(_MOST_DAYS)) if mapping.day else None
    answers = _answers(row, study, mapping)
    zone = _zone(row, mapping)
    if zone is None:
        return None
    scheduled, sent, answered, started = (
        _time(row, column, zone)
        for column in (mapping.scheduled, mapping.sent, mapping.answered, mapping.started)
    )
    if scheduled is None and not row.has(mapping.scheduled):
        row.refuse(mapping.scheduled, "this must not be empty")
    if answers and not row.has(mapping.answered):
        row.refuse(mapping.answered, "this must not be empty, since there are answers")
    if answers and answered and scheduled and answered < scheduled:
        row.refuse(mapping.answered, "this is before the prompt was scheduled")
    if not row.sound or person is None or beep is None or scheduled is None:
        return None
    sent = scheduled if sent is None or sent < scheduled else sent
    minutes = mapping.expires_minutes or study.schedule.expires_minutes
    return Imported(
        line=row.line, person=person, arm=arm, language=language, zone=zone, scheduled=scheduled, sent=sent,
        expires=sent + timedelta(minutes=minutes), date=_date(scheduled.astimezone(ZoneInfo(zone)), study),
        day=day, beep=beep, answered=answered if answers else None,
        started=started if answers else None, answers=answers,
    )  # fmt: skip


def _date(local: datetime, study: Study) -> date:
    before = study.schedule.after_midnight(f"{local:%H:%M}")
    return local.date() - timedelta(days=1 if before else 0)


def _zone(row: Row, mapping: Mapping) -> str | None:
    for column in (mapping.sent, mapping.answered, mapping.scheduled):
        found = _NAMED_TIME.match(row.cells[column]) if column else None
        name = found["zone"] if found else None
        if column and name and mapping.zone_names:
            if name not in mapping.zone_names:
                known = ", ".join(mapping.zone_names)
                row.refuse(
                    column,
                    f"the zone {name!r} is not in the mapping's `zone_names`; add it, or use one of {known}",
                )
                return None
            return mapping.zone_names[name]
    try:
        return cells.zone(mapping.zone.of(row.cells))
    except CellRefused as refusal:
        row.refuse("zone", str(refusal))
        return None


def _time(row: Row, column: str | None, zone: str) -> datetime | None:
    if column is None or not row.has(column):
        return None
    local = row.read(column, _time_in(zone))
    return local.astimezone(UTC) if local else None


def _time_in(zone: str) -> Callable[[str], datetime]:
    """A reader of times in that zone, ignoring a zone abbreviation after the time."""
    read = cells.time(ZoneInfo(zone))

    def without_abbreviation(cell: str) -> datetime:
        named = _NAMED_TIME.match(cell)
        return read(named["time"] if named and named["zone"] and " " in cell else cell)

    return without_abbreviation


def _answers(row: Row, study: Study, mapping: Mapping) -> Answers:
    answers: Answers = {}
    for name, column in mapping.items.items():
        item = study.item(name)
        if item is not None and row.has(column):
            answer = row.read(column, _answer(item, mapping))
            if answer is not None:
                answers[name] = answer
    return answers


def _answer(item: Item, mapping: Mapping) -> Callable[[str], float | tuple[str, ...]]:
    match item:
        case ScaleItem(scale=scale):
            return _on_scale(scale)
        case YesNoItem():
            return cells.whole_number(0, 1)
        case ChoiceItem() | MultipleChoiceItem():
            return _in_order(tuple(option.id for option in item.options), mapping.separator)
        case TextItem():
            return _free_text
        case _:
            assert_never(item)


def _on_scale(scale: Scale) -> Callable[[str], float]:
    if scale.decimals:
        return cells.decimal_number(scale.min, scale.max, scale.decimals)
    read = cells.whole_number(scale.min, scale.max)

    def read_whole(cell: str) -> int:
        try:
            return read(cell)
        except CellRefused as refusal:
            if "." not in cell:
                raise
            raise CellRefused(f"{refusal}; for decimals, give the scale `decimals` in the study") from None

    return read_whole


def _in_order(offered: tuple[str, ...], separator: str) -> Callable[[str], tuple[str, ...]]:
    """The chosen options in the study's order, as the form stores them."""
    read = cells.options(offered, separator)
    return lambda cell: tuple(sorted(read(cell), key=offered.index))


def _free_text(cell: str) -> int:
    raise CellRefused(
        "free text cannot be imported, since only the vault can encrypt it; remove it from the mapping"
    )
