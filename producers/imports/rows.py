"""Reading a CSV of past check-ins by a mapping. Errors name the line and the column; nothing is guessed."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_never
from zoneinfo import ZoneInfo

from producers.imports.mapping import Mapping
from schemas.base import known_zone
from schemas.study import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    Option,
    ScaleItem,
    Study,
    TextItem,
    YesNoItem,
)

Answers = dict[str, int | tuple[str, ...]]
_NAMED_TIME = re.compile(r"^(?P<time>.*?\d)(?:\s+(?P<zone>[A-Z]{2,5}|[+-]\d{2}))?$")
_SHOWN = 20


@dataclass(frozen=True)
class Imported:
    """A row: somebody was asked, and perhaps answered.

    Attributes:
        line: In the file, from 1, which is the header.
        person: The name in the file.
        zone: IANA.
        scheduled, sent, expires: When the prompt was planned, went out and ran out.
        day, beep: Local day of the schedule, and place in it.
        answered, started: When it was answered and opened; None where it was not, or is not known.
        answers: By item; empty for a missed prompt.
        occurrence: 0, or more where the file has the same person and schedule again.
    """

    line: int
    person: str
    arm: str
    language: str
    zone: str
    scheduled: datetime
    sent: datetime
    expires: datetime
    beep: int
    answered: datetime | None
    started: datetime | None
    answers: Answers
    occurrence: int = 0


class ImportFileError(ValueError):
    """A file that cannot be imported; its text has a line for each of the first twenty problems."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        super().__init__("\n".join([f"{path}:{problem}" for problem in problems[:_SHOWN]] + more))


class _Wrong(ValueError):
    """A cell that cannot be used: column and message."""


def read_rows(path: Path, study: Study, mapping: Mapping) -> list[Imported]:
    """All rows of a file, in its order.

    Raises:
        ImportFileError: A column is missing, or a cell is not what it may be.
        OSError: The file cannot be opened.
    """
    problems: list[str] = []
    found: list[Imported] = []
    seen: dict[tuple[str, datetime], int] = {}
    for line, row in _rows(path, mapping):
        try:
            one = _row(line, row, study, mapping)
        except _Wrong as wrong:
            problems.append(f"{line}: {wrong}")
            continue
        key = (one.person, one.scheduled)
        seen[key] = seen.get(key, -1) + 1
        found.append(one if not seen[key] else _again(one, seen[key]))
    if problems:
        raise ImportFileError(path, problems)
    return found


def _again(one: Imported, occurrence: int) -> Imported:
    return Imported(**(vars(one) | {"occurrence": occurrence}))


def _rows(path: Path, mapping: Mapping) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.DictReader(file, strict=True, restkey="", restval=None)
            header = list(reader.fieldnames or [])
            lacking = [name for name in mapping.columns if name not in header]
            if lacking:
                known = f"the file has {', '.join(header)}"
                raise ImportFileError(
                    path, [f"1: {name}: there is no such column; {known}" for name in lacking]
                )
            for row in reader:
                if "" in row or None in row.values():
                    raise ImportFileError(
                        path, [f"{reader.line_num}: the line has not as many cells as the header"]
                    )
                yield reader.line_num, row
        except UnicodeDecodeError:
            raise ImportFileError(path, ["1: the file is not text in UTF-8"]) from None
        except csv.Error as error:
            raise ImportFileError(path, [f"{reader.line_num}: no valid CSV: {error}"]) from None


def _row(line: int, row: dict[str, str], study: Study, mapping: Mapping) -> Imported:
    person, arm, language = row[mapping.participant].strip(), mapping.arm.of(row), mapping.language.of(row)
    if not person:
        raise _Wrong(f"{mapping.participant}: this is empty")
    if study.arm(arm) is None:
        raise _Wrong(f"arm: {arm!r} is no arm of {study.ref}; it has {', '.join(a.id for a in study.arms)}")
    if language not in study.languages:
        raise _Wrong(f"language: {language!r} is none of {study.ref}; it has {', '.join(study.languages)}")
    zone = _zone(row, mapping)
    answers = _answers(row, study, mapping)
    scheduled = _time(row, mapping.scheduled, zone)
    if scheduled is None:
        raise _Wrong(f"{mapping.scheduled}: this is empty")
    sent = _time(row, mapping.sent, zone)
    sent = scheduled if sent is None or sent < scheduled else sent
    answered = _time(row, mapping.answered, zone) if answers else None
    if answers and answered is None:
        raise _Wrong(f"{mapping.answered}: there are answers, so there must be a time")
    if answered is not None and answered < scheduled:
        raise _Wrong(f"{mapping.answered}: this is before the prompt was scheduled")
    minutes = mapping.expires_minutes or study.schedule.expires_minutes
    return Imported(
        line=line, person=person, arm=arm, language=language, zone=zone, scheduled=scheduled, sent=sent,
        expires=sent + timedelta(minutes=minutes), beep=_beep(row, mapping.beep), answered=answered,
        started=_time(row, mapping.started, zone) if answers else None, answers=answers,
    )  # fmt: skip


def _zone(row: dict[str, str], mapping: Mapping) -> str:
    for column in (mapping.sent, mapping.answered, mapping.scheduled):
        found = _NAMED_TIME.match(row[column].strip()) if column else None
        name = found["zone"] if found else None
        if column and name and mapping.zone_names:
            if name not in mapping.zone_names:
                known = ", ".join(mapping.zone_names)
                raise _Wrong(f"{column}: the zone {name!r} is not in the mapping's `zone_names`: {known}")
            return mapping.zone_names[name]
    zone = mapping.zone.of(row)
    try:
        return known_zone(zone)
    except ValueError as error:
        raise _Wrong(f"zone: {error}") from None


def _time(row: dict[str, str], column: str | None, zone: str) -> datetime | None:
    cell = row[column].strip() if column else ""
    if not cell:
        return None
    named = _NAMED_TIME.match(cell)
    text = named["time"] if named and named["zone"] and " " in cell else cell
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong(f"{column}: {cell!r} is no time; write it as 2024-03-25T09:50:00+01:00") from None
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def _beep(row: dict[str, str], column: str) -> int:
    cell = row[column].strip()
    if not (cell.isascii() and cell.isdigit() and 1 <= int(cell) <= 48):
        raise _Wrong(f"{column}: {cell!r} is not allowed; allowed: 1 to 48")
    return int(cell)


def _answers(row: dict[str, str], study: Study, mapping: Mapping) -> Answers:
    answers: Answers = {}
    for name, column in mapping.items.items():
        item, cell = study.item(name), row[column].strip()
        if item is None or not cell:
            continue
        answers[name] = _answer(item, cell, column, mapping)
    return answers


def _answer(item: Item, cell: str, column: str, mapping: Mapping) -> int | tuple[str, ...]:
    match item:
        case ScaleItem(scale=scale):
            return _number(scale.min, scale.max, cell, column)
        case YesNoItem():
            return _number(0, 1, cell, column)
        case ChoiceItem() | MultipleChoiceItem():
            return _options(item.options, cell, column, mapping)
        case TextItem():
            raise _Wrong(f"{column}: free text is not imported: it would have to be sealed by the vault")
        case _:
            assert_never(item)


def _number(low: int, high: int, cell: str, column: str) -> int:
    try:
        number = float(cell)
    except ValueError:
        number = float("nan")
    if not (low <= number <= high and number.is_integer()):
        raise _Wrong(f"{column}: {cell!r} is not allowed; allowed: whole numbers from {low} to {high}")
    return int(number)


def _options(options: Sequence[Option], cell: str, column: str, mapping: Mapping) -> tuple[str, ...]:
    chosen = {part.strip() for part in cell.split(mapping.separator)}
    known = [option.id for option in options]
    if unknown := sorted(chosen - set(known)):
        raise _Wrong(f"{column}: {unknown[0]!r} is not allowed; allowed: {', '.join(known)}")
    return tuple(option for option in known if option in chosen)
