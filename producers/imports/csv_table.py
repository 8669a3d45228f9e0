"""Reads a CSV cell by cell. Every error names the line and the column; nothing is guessed."""

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TypeVar

from schemas.base import known_zone

_Read = TypeVar("_Read")
_SHOWN = 20
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_YEARS = range(1900, 3000)
_COUNT = re.compile(r"0*[1-9]\d{0,5}", re.ASCII)


@dataclass(frozen=True)
class Problem:
    """An error in a file.

    Attributes:
        line: Line number; the header is line 1.
        column: Its name; empty if the problem is with the whole line.
        message: What is wrong, and what is allowed.
    """

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.line}: {self.column}: {self.message}" if self.column else f"{self.line}: {self.message}"
        )


class DataFileError(ValueError):
    """A file with errors; the message has a line for each of the first twenty.

    Attributes:
        path: The file.
        problems: All problems, by line.
    """

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        ordered = sorted(problems, key=lambda problem: problem.line)
        more = [f"and {len(ordered) - _SHOWN} more"] if len(ordered) > _SHOWN else []
        super().__init__("\n".join([f"{path}:{problem}" for problem in ordered[:_SHOWN]] + more))
        self.path = path
        self.problems = ordered


class CellRefused(ValueError):
    """A cell with an error; the message says what is wrong and what is allowed."""


class Row:
    """The cells of one line. A cell with an error is recorded as a problem and read as None.

    Attributes:
        line: Its number in the file.
        cells: By column, without surrounding blanks.
        sound: Whether no error has been recorded so far.
    """

    def __init__(self, line: int, cells: Mapping[str, str], problems: list[Problem]) -> None:
        self.line = line
        self.cells = cells
        self.sound = True
        self._problems = problems

    def has(self, column: str) -> bool:
        """Whether the cell exists and is not empty."""
        return bool(self.cells.get(column))

    def read(self, column: str, reading: Callable[[str], _Read]) -> _Read | None:
        """The value of a cell, or None if it has an error, which is recorded."""
        try:
            return reading(self.cells.get(column, ""))
        except CellRefused as refusal:
            self.refuse(column, str(refusal))
            return None

    def refuse(self, column: str, message: str) -> None:
        """Record a problem with a cell."""
        self.sound = False
        self._problems.append(Problem(self.line, column, message))


def read_table(
    path: Path, header_problems: Callable[[list[str]], Sequence[Problem]], problems: list[Problem]
) -> Iterator[Row]:
    """Read the lines of a UTF-8 CSV, with or without a byte order mark; empty lines are skipped.

    Args:
        path: The file.
        header_problems: Finds errors in the column names; if there are any, no line is read.
        problems: Collects all problems, including those of cells.

    Raises:
        DataFileError: The file is not UTF-8 text, or not valid CSV.
        OSError: The file cannot be opened.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            repeated = sorted({name for name in header if header.count(name) > 1})
            problems += [
                *header_problems(header),
                *(Problem(1, n, "this column occurs twice") for n in repeated),
            ]
            if problems:
                return
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    message = f"there are {len(cells)} cells, but the header has {len(header)} columns"
                    problems.append(Problem(reader.line_num, "", message))
                    continue
                stripped = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
                yield Row(reader.line_num, stripped, problems)
        except UnicodeDecodeError:
            raise DataFileError(
                path, [Problem(1, "", "the file is not UTF-8 text; save it as UTF-8")]
            ) from None
        except csv.Error as error:
            problem = Problem(reader.line_num, "", f"this is not valid CSV: {error}")
            raise DataFileError(path, [problem]) from None


def text(cell: str) -> str:
    """Any text that is not empty."""
    if not cell:
        raise CellRefused("this must not be empty")
    return cell


def zone(cell: str) -> str:
    """The name of an IANA time zone."""
    try:
        return known_zone(cell)
    except ValueError as error:
        raise CellRefused(str(error)) from None


def count(limit: int | None = None) -> Callable[[str], int]:
    """A whole number of at least 1, and at most `limit` if given."""

    def read(cell: str) -> int:
        if not _COUNT.fullmatch(cell) or (limit is not None and int(cell) > limit):
            allowed = "1, 2, 3, ..." if limit is None else f"1 to {limit}"
            raise CellRefused(f"{cell!r:.60} is not allowed; allowed: {allowed}")
        return int(cell)

    return read


def time(in_zone: tzinfo | None = None) -> Callable[[str], datetime]:
    """A time in ISO 8601. Without an offset it is local to `in_zone`, or refused if that is None."""

    def read(cell: str) -> datetime:
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            raise CellRefused(_no_time(cell, "")) from None
        if moment.tzinfo is None and in_zone is None:
            raise CellRefused(_no_time(cell, " with an offset"))
        if moment.year not in _YEARS:
            raise CellRefused(_no_time(cell, f" from {_YEARS[0]} to {_YEARS[-1]}"))
        return moment if moment.tzinfo else moment.replace(tzinfo=in_zone)

    return read


def _no_time(cell: str, what: str) -> str:
    return f"{cell!r:.60} is not a time{what}; write it as 2024-03-25T09:50:00+01:00"


def number(low: float, high: float) -> Callable[[str], float]:
    """A number within bounds, both included."""

    def read(cell: str) -> float:
        if not _NUMBER.fullmatch(cell) or not low <= float(cell) <= high:
            raise CellRefused(
                f"{cell!r:.60} is not allowed; allowed: a number from {low:g} to {high:g}, or nothing"
            )
        return float(cell)

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds, both included; 3.0 is one."""

    def read(cell: str) -> int:
        if not _NUMBER.fullmatch(cell) or not low <= float(cell) <= high or not float(cell).is_integer():
            raise CellRefused(f"{cell!r:.60} is not allowed; allowed: whole numbers from {low} to {high}")
        return int(float(cell))

    return read


def decimal_number(low: int, high: int, decimals: int) -> Callable[[str], float]:
    """A number within bounds, both included, with at most so many decimals; an int if it is whole."""

    def read(cell: str) -> float:
        found = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        if not low <= found <= high or round(found, decimals) != found:
            allowed = f"numbers from {low} to {high} with at most {decimals} decimals"
            raise CellRefused(f"{cell!r:.60} is not allowed; allowed: {allowed}")
        return int(found) if found.is_integer() else found

    return read


def options(offered: Sequence[str], separator: str) -> Callable[[str], tuple[str, ...]]:
    """The chosen options, each at most once, in the order of the cell; none for an empty cell."""

    def read(cell: str) -> tuple[str, ...]:
        chosen = [part.strip() for part in cell.split(separator)] if cell else []
        if unknown := [part for part in chosen if part not in offered]:
            raise CellRefused(
                f"{unknown[0]!r:.60} is not allowed; allowed, separated by {separator}: {', '.join(offered)}"
            )
        if repeated := [part for part in chosen if chosen.count(part) > 1]:
            raise CellRefused(f"{repeated[0]!r} is given twice")
        return tuple(chosen)

    return read
