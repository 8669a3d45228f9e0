"""Every lesson has a test, and every test that docs/lessons.md names is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LESSONS = (ROOT / "docs" / "lessons.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = [
    line
    for line in LESSONS.splitlines()
    if line.startswith("|") and not line.startswith(("| What ", "| ---"))
]


@cache
def named_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:50])
def test_a_lesson_names_tests_that_exist(row: str) -> None:
    _, hurt, does, tests, _ = row.split("|")
    assert hurt.strip()
    assert does.strip()
    named = NAMED.findall(tests)
    assert len(named) == tests.count("::") > 0
    assert [f"{file}::{name}" for file, name in named if name not in named_in(file)] == []
