"""Reads a REDCap data dictionary as a table of its 18 columns."""

import csv
import io
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from wellstream.formats.losses import FormatError, Report

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?",
    "Branching Logic (Show field only if...)", "Required Field?", "Custom Alignment",
    "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?", "Field Annotation",
)  # fmt: skip
API_NAMES = (
    "field_name", "form_name", "section_header", "field_type", "field_label",
    "select_choices_or_calculations", "field_note", "text_validation_type_or_show_slider_number",
    "text_validation_min", "text_validation_max", "identifier", "branching_logic", "required_field",
    "custom_alignment", "question_number", "matrix_group_name", "matrix_ranking", "field_annotation",
)  # fmt: skip
TAG = "@WELLSTREAM="
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMES = dict(zip(COLUMNS, API_NAMES, strict=True)) | {name: name for name in API_NAMES}
_NEEDED = ("field_name", "field_type", "field_label")
_CELL_LIMIT = 1_000_000

Row = dict[str, str]


class Kept(BaseModel):
    """What our exports keep in the field annotation, since a data dictionary has no column for it.

    Attributes:
        id: The item's id, if it contains a dash.
        options: The option ids that contain a dash.
        exclusive: Ids of options that exclude the others.
    """

    model_config = ConfigDict(extra="forbid")

    id: str | None = None
    measures: str | None = None
    sms: list[str] | None = None
    sms_text: str | None = None
    show_if: str | None = None
    exclusive: list[str] = []
    options: list[str] = []


def read_rows(file: Path, report: Report) -> list[tuple[int, Row]]:
    """Read the rows that are not empty, with their numbers; the header is row 1.

    Columns have the names of REDCap's API.

    Raises:
        FormatError: The file cannot be read, or is not a data dictionary.
    """
    text = _text(file)
    csv.field_size_limit(_CELL_LIMIT)
    try:
        # Spreadsheets in locales with a decimal comma write semicolons.
        tables = [list(csv.reader(io.StringIO(text, newline=""), delimiter=mark)) for mark in ",;\t"]
    except csv.Error as error:
        raise FormatError(f"{file}: not a valid CSV file: {error}") from None
    table = next((one for one in tables if _has_needed_columns(one)), tables[0])
    header = [cell.strip() for cell in table[0]] if table else []
    known = [_NAMES.get(cell, "") for cell in header]
    missing = [COLUMNS[API_NAMES.index(name)] for name in _NEEDED if name not in known]
    if missing:
        raise FormatError(
            f"{file}, row 1: the column {missing[0]!r} is missing; "
            "the first row of a data dictionary names its columns"
        )
    for cell, name in zip(header, known, strict=True):
        if cell and not name:
            report.lose(f"column {cell!r}", "its content", "not a column of a data dictionary", "row 1")
    found = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            raise FormatError(
                f"{file}, row {number}: {len(cells)} cells for {len(header)} columns; "
                "put texts that contain commas in quotes"
            )
        given = {name: cell.strip() for name, cell in zip(known, cells, strict=False) if name}
        found.append((number, dict.fromkeys(API_NAMES, "") | given))
    return found


def _has_needed_columns(table: list[list[str]]) -> bool:
    return bool(table) and {_NAMES.get(cell.strip(), "") for cell in table[0]} >= set(_NEEDED)


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FormatError(f"{file}: cannot read the file: {error.strerror}") from None
    if content.startswith(b"PK"):
        raise FormatError(
            f"{file}: this is a workbook or a zip file; import a workbook with `--format xlsform`; "
            "from an instrument's zip file, import the instrument.csv inside it"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{file}, line {line}: not UTF-8 (byte 0x{content[error.start]:02x}); "
            "save the file as `CSV UTF-8`"
        ) from None
