"""Reading a file of check-ins: a CSV with a line for each prompt. Errors name the line and the column."""

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from streams.records.full_record import Prompt, Series
from streams.records.item_roles import CHECKINS, Layout

_Read = TypeVar("_Read")

REQUIRED = (
    "participant", "arm", "tz", "day", "beep", "phase", "prompt_id", "scheduled", "status", "started",
    "submitted",
)  # fmt: skip
"""Columns that every file has; those of the items may be left out."""

COPING = "coping_used"
_ANSWERED, _MISSED = "answered", "missed"
_SHOWN = 20


@dataclass(frozen=True)
class Problem:
    """Something wrong in a file.

    Attributes:
        line: Counted from 1, which is the header.
        column: Its name; empty where the whole line is wrong.
        message: What is wrong, and what is allowed.
    """

    line: int
    column: str
    message: str


class CheckInFileError(ValueError):
    """A file that cannot be used; its text has a line for each of the first twenty problems."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        lines = [f"{path}:{p.line}: {p.column + ': ' if p.column else ''}{p.message}" for p in problems]
        more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        super().__init__("\n".join(lines[:_SHOWN] + more))
        self.path = path
        self.problems = problems


class _Wrong(ValueError):
    """A cell that cannot be used."""


@dataclass(frozen=True)
class _Line:
    number: int
    participant: str
    arm: str
    zone: str
    prompt: Prompt


def read_checkins(path: Path, layout: Layout = CHECKINS) -> list[Series]:
    """The participants of a file, in the order of their names.

    Args:
        path: A CSV in UTF-8 with the columns `REQUIRED`, those of the layout's items, and `coping_used`
            with strategies separated by `|`. Times are ISO 8601 with an offset. A missed prompt has no
            times and no answers.
        layout: What the items are.

    Raises:
        CheckInFileError: A column is missing or unknown, a cell is not what it may be, a prompt stands
            twice, or a participant's lines contradict each other.
        OSError: The file cannot be opened.
    """
    problems: list[Problem] = []
    lines = list(_lines(path, layout, problems))
    problems += _contradictions(lines)
    if problems:
        raise CheckInFileError(path, sorted(problems, key=lambda problem: problem.line))
    people: dict[str, list[_Line]] = {}
    for line in lines:
        people.setdefault(line.participant, []).append(line)
    return [
        Series.of(name, own[0].arm, own[0].zone, (line.prompt for line in own))
        for name, own in sorted(people.items())
    ]


def _lines(path: Path, layout: Layout, problems: list[Problem]) -> Iterator[_Line]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            problems += _header_problems(header, layout)
            if problems:
                return
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    message = f"there are {len(cells)} cells, but the header has {len(header)} columns"
                    problems.append(Problem(reader.line_num, "", message))
                    continue
                row = _Row(reader.line_num, dict(zip(header, cells, strict=True)), problems)
                if (line := _line(row, layout)) is not None:
                    yield line
        except UnicodeDecodeError:
            raise CheckInFileError(path, [Problem(1, "", "the file is not text in UTF-8")]) from None
        except csv.Error as error:
            raise CheckInFileError(path, [Problem(reader.line_num, "", f"no valid CSV: {error}")]) from None


def _header_problems(header: list[str], layout: Layout) -> list[Problem]:
    allowed = [*REQUIRED, *layout.ranges, COPING]
    found = [Problem(1, name, "this column is required") for name in REQUIRED if name not in header]
    found += [
        Problem(1, name, f"there is no such column; allowed: {', '.join(allowed)}")
        for name in header
        if name not in allowed
    ]
    found += [
        Problem(1, name, "this column stands twice") for name in sorted(set(header)) if header.count(name) > 1
    ]
    return found


class _Row:
    """The cells of a line; what cannot be read goes to the problems and is None."""

    def __init__(self, line: int, cells: Mapping[str, str], problems: list[Problem]) -> None:
        self.line = line
        self.sound = True
        self._cells = cells
        self._problems = problems

    def has(self, column: str) -> bool:
        return bool(self._cells.get(column, "").strip())

    def read(self, column: str, reading: Callable[[str], _Read]) -> _Read | None:
        try:
            return reading(self._cells.get(column, "").strip())
        except _Wrong as wrong:
            self.refuse(column, str(wrong))
            return None

    def refuse(self, column: str, message: str) -> None:
        self.sound = False
        self._problems.append(Problem(self.line, column, message))


def _line(row: _Row, layout: Layout) -> _Line | None:
    participant, arm, prompt_id = (row.read(name, _text) for name in ("participant", "arm", "prompt_id"))
    zone, phase, status = row.read("tz", _zone), row.read("phase", _phase), row.read("status", _status)
    day, beep = row.read("day", _count), row.read("beep", _count)
    scheduled = row.read("scheduled", _time)
    started = row.read("started", _time) if row.has("started") else None
    submitted = row.read("submitted", _time) if row.has("submitted") else None
    answers = {
        item: answer
        for item, (low, high) in layout.ranges.items()
        if row.has(item) and (answer := row.read(item, _number(low, high))) is not None
    }
    coping = row.read(COPING, _strategies(layout.strategies))
    if status == _ANSWERED:
        if not row.has("submitted"):
            row.refuse("submitted", "an answered prompt needs the time of the answer")
        elif started and submitted and submitted < started:
            row.refuse("submitted", "this is before `started`")
    elif status == _MISSED:
        for column in ("started", "submitted", *layout.ranges, COPING):
            if row.has(column):
                row.refuse(column, "a missed prompt has no answers and no times; leave this empty")
    if not row.sound or not (participant and arm and prompt_id and zone and phase and day and beep):
        return None
    if scheduled is None:
        return None
    answered = status == _ANSWERED
    prompt = Prompt(
        id=prompt_id, day=day, beep=beep, phase=phase, scheduled=scheduled.astimezone(ZoneInfo(zone)),
        answered=answered, started=started, submitted=submitted, answers=answers,
        coping=coping if answered else None,
    )  # fmt: skip
    return _Line(row.line, participant, arm, zone, prompt)


def _text(cell: str) -> str:
    if not cell:
        raise _Wrong("this is empty")
    return cell


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(cell: str) -> str:
    if cell not in _zones():
        raise _Wrong(f"{cell!r} is not a time zone; write an IANA name such as Europe/Brussels")
    return cell


def _phase(cell: str) -> str:
    if not (len(cell) == 1 and "A" <= cell <= "Z"):
        raise _Wrong(f"{cell!r} is not allowed; allowed: one letter, A for the baseline, B, C, ...")
    return cell


def _status(cell: str) -> str:
    if cell not in (_ANSWERED, _MISSED):
        raise _Wrong(f"{cell!r} is not allowed; allowed: {_ANSWERED}, {_MISSED}")
    return cell


def _count(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and int(cell)):
        raise _Wrong(f"{cell!r} is not allowed; allowed: 1, 2, 3, ...")
    return int(cell)


def _time(cell: str) -> datetime:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _Wrong(f"{cell!r} is no time with an offset; write it as 2024-03-25T09:50:00+01:00")
    return moment


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(cell: str) -> float:
        try:
            number = float(cell)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise _Wrong(f"{cell!r} is not allowed; allowed: a number from {low:g} to {high:g}, or nothing")
        return number

    return read


def _strategies(offered: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(cell: str) -> tuple[str, ...]:
        chosen = tuple(part.strip() for part in cell.split("|")) if cell else ()
        unknown = [part for part in chosen if part not in offered]
        if unknown:
            raise _Wrong(f"{unknown[0]!r} is not allowed; allowed, separated by |: {', '.join(offered)}")
        if len(set(chosen)) < len(chosen):
            raise _Wrong("a strategy stands twice")
        return chosen

    return read


def _contradictions(lines: list[_Line]) -> Iterator[Problem]:
    prompts: dict[str, int] = {}
    places: dict[tuple[str, int, int], int] = {}
    first: dict[str, _Line] = {}
    dates: dict[tuple[str, int], tuple[str, int]] = {}
    for line in lines:
        who, prompt = line.participant, line.prompt
        before = first.setdefault(who, line)
        for column, is_now, was in (("arm", line.arm, before.arm), ("tz", line.zone, before.zone)):
            if is_now != was:
                yield Problem(line.number, column, f"{who} has {was!r} in line {before.number}")
        if (there := prompts.setdefault(prompt.id, line.number)) != line.number:
            yield Problem(line.number, "prompt_id", f"{prompt.id!r} already stands in line {there}")
        if (there := places.setdefault((who, prompt.day, prompt.beep), line.number)) != line.number:
            yield Problem(line.number, "beep", f"day {prompt.day} has this beep already, in line {there}")
        today = prompt.scheduled.date().isoformat()
        date, there = dates.setdefault((who, prompt.day), (today, line.number))
        if date != today:
            yield Problem(
                line.number,
                "day",
                f"{today} cannot be study day {prompt.day}, which line {there} puts on {date}; "
                "a study day is one date on the participant's calendar",
            )
