"""Tables keep whole cells, whatever reads them, and nothing in a cell reaches the terminal as a code."""

import pandas as pd
import pytest
from rich.console import Console

from wellstream.cli import output
from wellstream.cli.output import TableFormat, print_frame, print_table

LONG = "the gateway refused the request because " * 5
FRAME = pd.DataFrame({"topic": ["checkins.v1"], "detail": [LONG]})


def test_without_a_terminal_a_row_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_frame(FRAME, TableFormat.TABLE)
    assert [line for line in capsys.readouterr().out.splitlines() if "checkins.v1" in line and LONG in line]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 40 columns."""
    monkeypatch.setattr(output, "out", Console(force_terminal=True, width=40, color_system=None))


@pytest.mark.usefixtures("narrow")
def test_a_narrow_terminal_gets_the_cells_of_a_query_below_each_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_frame(FRAME, TableFormat.TABLE)
    assert capsys.readouterr().out == f"-- 1\ntopic  | checkins.v1\ndetail | {LONG}\n"


@pytest.mark.usefixtures("narrow")
def test_a_query_that_fits_a_narrow_terminal_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_frame(FRAME[["topic"]], TableFormat.TABLE)
    assert "│ checkins.v1 │" in capsys.readouterr().out


@pytest.mark.usefixtures("narrow")
def test_a_narrow_terminal_folds_the_cells_of_other_tables(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["pid", "address"], [[4711, "x" * 90]])
    printed = capsys.readouterr().out
    assert printed.count("x") == 90
    assert "…" not in printed


@pytest.mark.parametrize("cell", ["[/red]", "[bold]x", "[link=http://a]"])
def test_a_cell_is_not_markup(capsys: pytest.CaptureFixture[str], cell: str) -> None:
    print_frame(pd.DataFrame({"[/a]": [cell]}), TableFormat.TABLE)
    printed = capsys.readouterr().out
    assert cell in printed
    assert "[/a]" in printed


def test_a_cell_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_frame(pd.DataFrame({"words": ["\x1b]0;owned\x07\x9b2J"]}), TableFormat.TABLE)
    assert r"\x1b]0;owned\x07\x9b2J" in capsys.readouterr().out


def test_a_query_without_rows_is_a_table_with_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_frame(FRAME[:0], TableFormat.TABLE)
    assert "detail" in capsys.readouterr().out
