"""Reading cells: every cell ends in a value within what is allowed, or in a refusal that says what is."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.imports import csv_table as cells
from producers.imports.csv_table import CellRefused, DataFileError, Problem, read_table

READERS: dict[str, Callable[[str], object]] = {
    "text": cells.text,
    "zone": cells.zone,
    "count": cells.count(48),
    "time": cells.time(),
    "local time": cells.time(UTC),
    "number": cells.number(0, 10),
    "whole number": cells.whole_number(0, 10),
    "options": cells.options(["a", "b"], "|"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(cell=st.text() | st.from_regex(r"[-+0-9._eE|: TZ/]{0,30}", fullmatch=True))
def test_any_cell_is_a_value_or_refused(reader: Callable[[str], object], cell: str) -> None:
    with suppress(CellRefused):
        reader(cell)


@pytest.mark.parametrize("cell", ["1_0", "nan", "inf", "١٠", "9" * 5000, "0x5", "5,5", ""])
def test_what_only_looks_like_a_number_is_refused(cell: str) -> None:
    for name in ("number", "whole number", "count"):
        with pytest.raises(CellRefused, match="is not allowed"):
            READERS[name](cell)


def test_every_problem_of_a_file_is_found_at_once(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("﻿a,b\n1,x\n\n2\ny,3\n", encoding="utf-8")
    problems: list[Problem] = []
    for row in read_table(file, lambda _: [], problems):
        row.read("a", cells.count())
        row.read("b", cells.count())
    assert [(problem.line, problem.column) for problem in problems] == [(2, "b"), (4, ""), (5, "a")]


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("a,a\n1,2\n", encoding="utf-8")
    problems: list[Problem] = []
    assert list(read_table(file, lambda _: [], problems)) == []
    assert str(DataFileError(file, problems)).endswith("twice.csv:1: a: this column occurs twice")
