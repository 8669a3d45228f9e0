"""Reading a file of filled-in instruments: one line for each person, checked from beginning to end."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from schemas.instrument import Instrument

_PSEUDONYM = re.compile(r"\w[\w.-]*")
_TELEPHONE = re.compile(r"\d{9,15}")
_WHOLE = re.compile(r"-?[0-9]{1,4}")
_PERSON = "participant"


class AnswersError(ValueError):
    """A file of completed instruments is invalid; the message names line and column."""


@dataclass(frozen=True)
class Filled:
    """A person's line.

    Attributes:
        participant: As in the file.
        answers: By item number; unanswered items are absent.
        line: Its number in the file, from 1.
    """

    participant: str
    answers: dict[int, int]
    line: int


def read_answers(path: Path, instrument: Instrument) -> list[Filled]:
    """The lines of a CSV with columns `participant`, `1`, `2`, ...; an empty cell is missing.

    A person may be in several lines, one for each time.

    Raises:
        AnswersError: It is no CSV in UTF-8; a column is missing, unknown or there twice; a line has too few
            or too many cells; a participant does not look like a pseudonym; a cell is not an allowed answer.
        OSError: The file cannot be opened.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(_lines(path, file, instrument))
    except UnicodeDecodeError as error:
        raise AnswersError(f"{path}: this is not UTF-8; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise AnswersError(f"{path}: this is not a CSV file: {error}") from error


def _lines(path: Path, file: TextIO, instrument: Instrument) -> Iterator[Filled]:
    reader = csv.reader(file)
    header = [name.strip() for name in next(reader, [])]
    _check_header(path, header, [_PERSON, *map(str, range(1, instrument.count + 1))])
    for cells in reader:
        place = f"{path}:{reader.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise AnswersError(
                f"{place}: there are {len(cells)} cells, but the header has {len(header)} columns"
            )
        row = dict(zip(header, cells, strict=True))
        yield Filled(_person(place, row[_PERSON]), _answers(place, row, instrument), reader.line_num)


def _check_header(path: Path, header: Sequence[str], wanted: Sequence[str]) -> None:
    for problem, names in (
        ("there is no column", [name for name in wanted if name not in header]),
        ("there is twice the column", [name for name in wanted if header.count(name) > 1]),
        ("nothing is known of the column", [name for name in header if name not in wanted]),
    ):
        if names:
            raise AnswersError(
                f"{path}:1: {problem} {', '.join(map(repr, names))}; wanted: {', '.join(wanted)}"
            )


def _person(place: str, name: str) -> str:
    if _TELEPHONE.fullmatch(name):
        raise AnswersError(f"{place}: {_PERSON}: {name!r} looks like a telephone number; use a pseudonym")
    if not _PSEUDONYM.fullmatch(name):
        raise AnswersError(
            f"{place}: {_PERSON}: {name!r} is not allowed; allowed: letters, digits, '.', '_' and '-', "
            "without spaces"
        )
    return name


def _answers(place: str, row: Mapping[str, str], instrument: Instrument) -> dict[int, int]:
    answers: dict[int, int] = {}
    for item in range(1, instrument.count + 1):
        low, high = (0, 1) if item == instrument.gate else (instrument.low, instrument.high)
        if cell := row[str(item)].strip():
            if not _WHOLE.fullmatch(cell) or not low <= int(cell) <= high:
                raise AnswersError(f"{place}: {item}: {cell!r} is not allowed; allowed: {low} to {high}")
            answers[item] = int(cell)
    return answers
