"""Whom `wellstream participant add` is to enrol: one person, a CSV file, or a CSV from standard input."""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

COLUMNS = ("number", "arm", "language", "zone", "start_date")
STANDARD_INPUT = "-"
_OPTIONAL = ("start_date",)
_MOST_PEOPLE = 100_000


class PeopleError(ValueError):
    """It cannot be seen from what was given who is to be enrolled."""


def people_given(given: str, options: dict[str, str]) -> list[dict[str, str]]:
    """The people to enrol, each with all of `COLUMNS`, unchecked.

    Args:
        given: A telephone number, the path of a CSV file, or `-` for a CSV from standard input.
        options: The other columns for a number.

    Raises:
        PeopleError: It is neither a number nor a file that can be read, or the CSV is not as it should be.
    """
    if given == STANDARD_INPUT:
        return _people(sys.stdin, "standard input")
    path = Path(given)
    if _is_file(path):
        try:
            with path.open(newline="", encoding="utf-8-sig") as lines:
                return _people(lines, given)
        except OSError as error:
            raise PeopleError(f"{given} cannot be read: {error.strerror}") from None
    if not given.removeprefix("+").strip()[:1].isdigit():
        raise PeopleError(
            f"there is no file {given[:100]!r}, and it is not a telephone number in international form, such "
            "as +447700900123"
        )
    return [dict.fromkeys(COLUMNS, "") | options | {"number": given}]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or with a null in it
        return False


def _people(lines: Iterable[str], name: str) -> list[dict[str, str]]:
    try:
        rows = csv.DictReader(lines, strict=True)
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if set(missing) - set(_OPTIONAL):
            raise PeopleError(
                f"{name} lacks the columns {', '.join(missing)}; its first line must be {','.join(COLUMNS)}"
            )
        people: list[dict[str, str]] = []
        for row in rows:
            if None in row or None in row.values():
                raise PeopleError(f"{name}:{rows.line_num}: this line has more or fewer cells than the first")
            people.append({column: (row.get(column) or "").strip() for column in COLUMNS})
            if len(people) > _MOST_PEOPLE:
                raise PeopleError(f"{name} has more than {_MOST_PEOPLE} people; split it")
    except UnicodeDecodeError:
        raise PeopleError(f"{name} is not text in UTF-8; save it as CSV (UTF-8)") from None
    except csv.Error as error:
        raise PeopleError(f"{name} is not a CSV file: {error}") from None
    if not people:
        raise PeopleError(f"{name} has nobody in it")
    return people
