"""Reads a CSV of check-ins with one line per prompt. Errors name the line and the column."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from producers.imports import csv_table as cells
from producers.imports.csv_table import CellRefused, DataFileError, Problem, Row, read_table
from streams.records.full_record import CheckIn, Prompt, Series, marked_once_a_day
from streams.records.item_roles import CHECKINS, Layout

REQUIRED = (
    "participant", "arm", "tz", "day", "beep", "phase", "prompt_id", "scheduled", "status", "started",
    "submitted",
)  # fmt: skip
"""Required columns; those of the items are optional."""

COPING = "coping_used"
_A_DAY = timedelta(days=1)
_ANSWERED, _MISSED = "answered", "missed"


@dataclass(frozen=True)
class _Line:
    number: int
    participant: str
    arm: str
    zone: str
    prompt: Prompt


def read_checkins(path: Path, layout: Layout = CHECKINS) -> list[Series]:
    """Read the participants of a file, sorted by name.

    Args:
        path: A CSV in UTF-8 with the columns `REQUIRED`, those of the layout's items, and `coping_used`
            with strategies separated by `|`. Times are ISO 8601 with an offset. A missed prompt has no
            times and no answers.
        layout: The items and what they measure.

    Raises:
        DataFileError: A column is missing or unknown, a cell has an error, a prompt occurs
            twice, or a participant's lines contradict one another.
        OSError: The file cannot be opened.
    """
    problems: list[Problem] = []
    lines = list(_lines(path, layout, problems))
    problems += _contradictions(lines)
    if problems:
        raise DataFileError(path, problems)
    people: dict[str, list[_Line]] = {}
    for line in lines:
        people.setdefault(line.participant, []).append(line)
    return [
        Series.of(name, own[0].arm, own[0].zone, marked_once_a_day([line.prompt for line in own]))
        for name, own in sorted(people.items())
    ]


def _lines(path: Path, layout: Layout, problems: list[Problem]) -> Iterator[_Line]:
    for row in read_table(path, lambda header: _header_problems(header, layout), problems):
        if (line := _line(row, layout)) is not None:
            yield line


def _header_problems(header: list[str], layout: Layout) -> list[Problem]:
    allowed = [*REQUIRED, *layout.ranges, COPING]
    found = [Problem(1, name, "this required column is missing") for name in REQUIRED if name not in header]
    found += [
        Problem(1, name, f"unknown column; allowed: {', '.join(allowed)}")
        for name in header
        if name not in allowed
    ]
    return found


def _line(row: Row, layout: Layout) -> _Line | None:
    participant, arm, prompt_id = (row.read(name, cells.text) for name in ("participant", "arm", "prompt_id"))
    zone, phase, status = row.read("tz", cells.zone), row.read("phase", _phase), row.read("status", _status)
    day, beep = row.read("day", cells.count()), row.read("beep", cells.count())
    scheduled = row.read("scheduled", cells.time())
    started = row.read("started", cells.time()) if row.has("started") else None
    submitted = row.read("submitted", cells.time()) if row.has("submitted") else None
    answers = {
        item: answer
        for item, (low, high) in layout.ranges.items()
        if row.has(item) and (answer := row.read(item, cells.number(low, high))) is not None
    }
    coping = row.read(COPING, cells.options(layout.strategies, "|"))
    if status == _ANSWERED:
        if not row.has("submitted"):
            row.refuse("submitted", "this must not be empty for an answered prompt")
        elif started and submitted and submitted < started:
            row.refuse("submitted", "this is before `started`")
    elif status == _MISSED:
        for column in ("started", "submitted", *layout.ranges, COPING):
            if row.has(column):
                row.refuse(column, "this must be empty for a missed prompt")
    if not row.sound or not (participant and arm and prompt_id and zone and phase and day and beep):
        return None
    if scheduled is None:
        return None
    checkin = CheckIn(day, phase, submitted, started, answers, coping) if submitted else None
    prompt = Prompt(prompt_id, day, beep, scheduled.astimezone(ZoneInfo(zone)), checkin)
    return _Line(row.line, participant, arm, zone, prompt)


def _phase(cell: str) -> str:
    if not (len(cell) == 1 and "A" <= cell <= "Z"):
        raise CellRefused(f"{cell!r} is not allowed; allowed: one letter, A for the baseline, B, C, ...")
    return cell


def _status(cell: str) -> str:
    if cell not in (_ANSWERED, _MISSED):
        raise CellRefused(f"{cell!r} is not allowed; allowed: {_ANSWERED}, {_MISSED}")
    return cell


def _contradictions(lines: list[_Line]) -> Iterator[Problem]:
    prompts: dict[str, int] = {}
    places: dict[tuple[str, int, int], int] = {}
    first: dict[str, _Line] = {}
    for line in lines:
        participant, prompt = line.participant, line.prompt
        before = first.setdefault(participant, line)
        for column, is_now, was in (("arm", line.arm, before.arm), ("tz", line.zone, before.zone)):
            if is_now != was:
                yield Problem(
                    line.number,
                    column,
                    f"{participant} has {was!r} in line {before.number}; use one of them throughout",
                )
        if (earlier := prompts.setdefault(prompt.id, line.number)) != line.number:
            yield Problem(
                line.number,
                "prompt_id",
                f"{prompt.id!r} is already used in line {earlier}; ids must be unique",
            )
        if (earlier := places.setdefault((participant, prompt.day, prompt.beep), line.number)) != line.number:
            yield Problem(
                line.number, "beep", f"beep {prompt.beep} of day {prompt.day} is already in line {earlier}"
            )
    yield from _out_of_order(lines)


def _out_of_order(lines: list[_Line]) -> Iterator[Problem]:
    """Lines whose study day or beep contradicts the time for which the prompt was scheduled."""
    first: dict[tuple[str, int], _Line] = {}
    before: _Line | None = None
    for line in sorted(lines, key=lambda one: (one.participant, one.prompt.day, one.prompt.beep, one.number)):
        day, at = line.prompt.day, line.prompt.scheduled.astimezone(UTC)
        begin = first.setdefault((line.participant, day), line)
        if at - begin.prompt.scheduled.astimezone(UTC) >= _A_DAY:
            yield Problem(
                line.number,
                "day",
                f"{line.prompt.scheduled.date()} cannot be study day {day}, since line {begin.number} puts "
                f"that day on {begin.prompt.scheduled.date()}; the prompts of a study day are less than 24 "
                "hours apart",
            )
        elif before and before.participant == line.participant and at < before.prompt.scheduled:
            yield Problem(
                line.number,
                "scheduled",
                f"beep {line.prompt.beep} of day {day} is before beep {before.prompt.beep} of day "
                f"{before.prompt.day} in line {before.number}; a prompt after midnight belongs to the study "
                "day for which it was planned",
            )
        before = line
