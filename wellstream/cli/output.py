"""What the commands print: tables for people, CSV for programs."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

out = Console()
err = Console(stderr=True)


class TableFormat(StrEnum):
    """How a table is printed."""

    TABLE = "table"
    CSV = "csv"


TableFormatOption = Annotated[TableFormat, typer.Option("--format", help="Print a table, or CSV.")]


def print_table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print rows as a table; None is an empty cell."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)


def print_frame(frame: "pd.DataFrame", as_: TableFormat) -> None:
    """Print a query's result."""
    match as_:
        case TableFormat.CSV:
            frame.to_csv(sys.stdout, index=False)
        case TableFormat.TABLE:
            print_table(map(str, frame.columns), frame.itertuples(index=False))
