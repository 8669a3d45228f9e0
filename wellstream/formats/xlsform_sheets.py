"""Reads an XLSForm's sheets as rows, and finds the column of each language."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from wellstream.formats.losses import FormatError, Report

NAMES = {
    "en": "English", "nl": "Dutch", "ar": "Arabic", "fr": "French", "de": "German", "es": "Spanish",
    "pt": "Portuguese", "it": "Italian", "tr": "Turkish", "pl": "Polish", "sw": "Swahili",
}  # fmt: skip
_SAME = {"list name": "list_name", "relevance": "relevant", "caption": "label", "value": "name"}
_READ = ("survey", "choices", "settings")

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Sheets:
    """The sheets of an XLSForm: the rows that are not empty, with their numbers."""

    survey: list[tuple[int, Cells]]
    choices: list[tuple[int, Cells]]
    settings: list[tuple[int, Cells]]


def read_sheets(file: Path, report: Report) -> Sheets:
    """Read the sheets of a workbook.

    Raises:
        FormatError: The file is not a workbook, or has no questions.
    """
    found: dict[str, list[tuple[int, Cells]]] = {}
    for title, table in _tables(file).items():
        sheet = title.strip().lower()
        if sheet in _READ:
            found[sheet] = _rows(file, sheet, table)
        elif any(any(row) for row in table):
            report.lose(
                f"sheet {title}", "its content", "only the sheets survey, choices and settings are read"
            )
    if "survey" not in found:
        raise FormatError(f"{file}: the sheet `survey` is missing, which holds an XLSForm's questions")
    if not found["survey"]:
        raise FormatError(f"{file}, sheet survey: no questions found")
    for sheet, needed in (("survey", ("type", "name")), ("choices", ("list_name", "name"))):
        for column in needed if found.get(sheet) else ():
            if column not in found[sheet][0][1]:
                raise FormatError(f"{file}, sheet {sheet}, row 1: the column `{column}` is missing")
    return Sheets(*(found.get(sheet, []) for sheet in _READ))


def _tables(file: Path) -> dict[str, list[list[str]]]:
    if file.suffix.lower() == ".xls":
        raise FormatError(f"{file}: old workbook format (.xls); open it and save it as .xlsx")
    try:
        with file.open("rb") as opened:
            book = load_workbook(opened, read_only=True, data_only=True)
            return {
                sheet.title: [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
                for sheet in book.worksheets
            }
    except OSError as error:
        if error.strerror:
            raise FormatError(f"{file}: cannot read the file: {error.strerror}") from None
        raise FormatError(f"{file}: not a workbook (.xlsx): {error}") from None
    except (InvalidFileException, zipfile.BadZipFile) as error:
        raise FormatError(f"{file}: not a workbook (.xlsx), or protected by a password: {error}") from None
    except Exception as error:  # openpyxl may raise anything on a damaged workbook
        raise FormatError(f"{file}: cannot read the workbook, which may be damaged: {error!r:.200}") from None


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _rows(file: Path, sheet: str, table: list[list[str]]) -> list[tuple[int, Cells]]:
    header = [_column(cell) for cell in table[0]] if table else []
    repeated = [column for column in header if column and header.count(column) > 1]
    if repeated:
        raise FormatError(f"{file}, sheet {sheet}, row 1: duplicate column `{repeated[0]}`")
    return [
        (number, {column: cell for column, cell in zip(header, row, strict=False) if column})
        for number, row in enumerate(table[1:], start=2)
        if any(row)
    ]


def _column(cell: str) -> str:
    """A column's name in standard form: `Label : English (en)` becomes `label::English (en)`."""
    name, mark, language = re.sub(r"\s*::?\s*", "::", cell, count=1).partition("::")
    name = name.strip().lower()
    return f"{_SAME.get(name, name)}{mark}{language}"


def languages_of(file: Path, columns: Cells, plain: str) -> dict[str, str]:
    """The languages of the labels: each code with its column.

    Args:
        file: The workbook, for errors.
        columns: A row of the survey.
        plain: The language of labels that don't name theirs.

    Raises:
        FormatError: A column's language is unknown, or two columns have the same one.
    """
    found: dict[str, str] = {}
    codes = {name.lower(): code for code, name in NAMES.items()}
    for column in columns:
        label, _, named = column.partition("::")
        if label != "label" or not named:
            continue
        tag = re.search(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*$", named)
        bare = named.strip().lower()
        known = tag[1] if tag else codes.get(bare, bare if re.fullmatch("[a-z]{2,3}", bare) else None)
        if known is None:
            raise FormatError(
                f"{file}, sheet survey, row 1: the language of column {column!r} is unknown; "
                "add its code, as in `label::English (en)`"
            )
        head, *tail = known.split("-")
        known = "-".join((head.lower(), *tail))
        if known in found:
            raise FormatError(
                f"{file}, sheet survey, row 1: "
                f"{found[known]!r} and {column!r} are both for {known}; remove one"
            )
        found[known] = column
    return found or {plain: "label"}
