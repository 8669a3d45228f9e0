"""What the commands print: tables for people, CSV for programs."""

import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

out = Console()
err = Console(stderr=True)
_WIDE = Console(width=1_000_000)
_SHOWN_CODES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


class TableFormat(StrEnum):
    """How a table is printed."""

    TABLE = "table"
    CSV = "csv"


TableFormatOption = Annotated[TableFormat, typer.Option("--format", help="Print a table, or CSV.")]


def print_table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print rows as a table with whole cells; None is an empty cell.

    A terminal that is too narrow folds the cells. Without a terminal, lines are as long as they need to be.
    """
    _console().print(_table(columns, rows))


def print_records(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a table, or, on a terminal that is too narrow for it, one cell below the other."""
    console, table = _console(), _table(columns, rows)
    if Measurement.get(_WIDE, _WIDE.options, table).maximum <= console.width:
        console.print(table)
        return
    longest = max(map(len, columns))
    for number, row in enumerate(rows, start=1):
        console.print(f"-- {number}", highlight=False)
        for name, cell in zip(columns, row, strict=True):
            line = Text.assemble(f"{name:{longest}} | ", _cell(cell))
            console.print(line, soft_wrap=True, highlight=False)


def _console() -> Console:
    return out if out.is_terminal else _WIDE


def _table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    table = Table(*(Column(Text(name), overflow="fold") for name in columns))
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(value: object) -> Text:
    """A value as it is: neither rich's markup nor a terminal's codes mean anything in it."""
    return Text("" if value is None else without_codes(str(value)))


def without_codes(text: str) -> str:
    """A text in which a terminal's codes can be read, and do nothing."""
    return text.translate(_SHOWN_CODES)


def print_frame(frame: "pd.DataFrame", as_: TableFormat) -> None:
    """Print a query's result."""
    match as_:
        case TableFormat.CSV:
            frame.to_csv(sys.stdout, index=False)
        case TableFormat.TABLE:
            print_records(list(map(str, frame.columns)), list(frame.itertuples(index=False)))
