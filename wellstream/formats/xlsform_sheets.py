"""Reading an XLSForm's sheets as rows, and which of its columns hold which language."""

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
    """The sheets of an XLSForm: rows with their numbers, without empty ones."""

    survey: list[tuple[int, Cells]]
    choices: list[tuple[int, Cells]]
    settings: list[tuple[int, Cells]]


def read_sheets(file: Path, report: Report) -> Sheets:
    """The sheets of a workbook.

    Raises:
        FormatError: The file is not a workbook, or has no questions.
    """
    found: dict[str, list[tuple[int, Cells]]] = {}
    for title, table in _tables(file).items():
        sheet = title.strip().lower()
        if sheet in _READ:
            found[sheet] = _rows(file, sheet, table)
        elif any(any(row) for row in table):
            report.lose(f"sheet {title}", "its content", "only survey, choices and settings are read")
    if "survey" not in found:
        raise FormatError(f"{file}: there is no sheet `survey`, which holds an XLSForm's questions")
    if not found["survey"]:
        raise FormatError(f"{file}, sheet survey: it has no questions")
    for sheet, needed in (("survey", ("type", "name")), ("choices", ("list_name", "name"))):
        for column in needed if found.get(sheet) else ():
            if column not in found[sheet][0][1]:
                raise FormatError(f"{file}, sheet {sheet}, row 1: there is no column `{column}`")
    return Sheets(*(found.get(sheet, []) for sheet in _READ))


def _tables(file: Path) -> dict[str, list[list[str]]]:
    if file.suffix.lower() == ".xls":
        raise FormatError(f"{file}: is an old workbook (.xls): open it and save it as .xlsx")
    try:
        with file.open("rb") as opened:
            book = load_workbook(opened, read_only=True, data_only=True)
            return {
                sheet.title: [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
                for sheet in book.worksheets
            }
    except OSError as error:
        if error.strerror:
            raise FormatError(f"{file}: cannot be read: {error.strerror}") from None
        raise FormatError(f"{file}: is not a workbook (.xlsx): {error}") from None
    except (InvalidFileException, zipfile.BadZipFile) as error:
        raise FormatError(f"{file}: is not a workbook (.xlsx), or has a password: {error}") from None
    except Exception as error:  # a broken workbook may raise anything inside openpyxl
        raise FormatError(f"{file}: cannot be read as a workbook (.xlsx): {error!r:.200}") from None


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _rows(file: Path, sheet: str, table: list[list[str]]) -> list[tuple[int, Cells]]:
    header = [_column(cell) for cell in table[0]] if table else []
    twice = [column for column in header if column and header.count(column) > 1]
    if twice:
        raise FormatError(f"{file}, sheet {sheet}, row 1: the column `{twice[0]}` is there twice")
    return [
        (number, {column: cell for column, cell in zip(header, row, strict=False) if column})
        for number, row in enumerate(table[1:], start=2)
        if any(row)
    ]


def _column(cell: str) -> str:
    """A column's name: `Label : English (en)` is `label::English (en)`."""
    name, mark, language = re.sub(r"\s*::?\s*", "::", cell, count=1).partition("::")
    name = name.strip().lower()
    return f"{_SAME.get(name, name)}{mark}{language}"


def languages_of(file: Path, columns: Cells, plain: str) -> dict[str, str]:
    """The languages of the labels: code and the column's name.

    Args:
        file: Where they are.
        columns: A row of the survey.
        plain: The language of labels that name none.

    Raises:
        FormatError: A column does not name its language.
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
                f"{file}, sheet survey, row 1: name the language of column {column!r} by its code, such as "
                "`label::English (en)`"
            )
        head, *tail = known.split("-")
        known = "-".join((head.lower(), *tail))
        if known in found:
            raise FormatError(
                f"{file}, sheet survey, row 1: {found[known]!r} and {column!r} are both {known}"
            )
        found[known] = column
    return found or {plain: "label"}
