"""Whoever tells the kinds of a union apart closes the match, so that a forgotten kind is a type error."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from schemas.events import Event
from schemas.study import Item, PromptRule

ROOT = Path(__file__).parent.parent
ROOMS = ("schemas", "producers", "streams", "dashboard", "wellstream")
MEMBERS = {member.__name__ for union in (Event, Item, PromptRule) for member in get_args(get_args(union)[0])}


def open_matches(code: str) -> list[int]:
    """The lines of matches over members of the unions that do not end in `assert_never`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Match) and _members(node) and not _closed(node)
    ]


def _members(match: ast.Match) -> set[str]:
    classes = (
        node.cls
        for case in match.cases
        for node in ast.walk(case.pattern)
        if isinstance(node, ast.MatchClass)
    )
    return {one.id for one in classes if isinstance(one, ast.Name)} & MEMBERS


def _closed(match: ast.Match) -> bool:
    last = match.cases[-1]
    catches_all = (
        isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
    )
    calls = [node.func for node in ast.walk(last) if isinstance(node, ast.Call)]
    return catches_all and any(isinstance(one, ast.Name) and one.id == "assert_never" for one in calls)


@pytest.mark.parametrize("room", ROOMS)
def test_matches_over_events_items_and_rules_are_closed(room: str) -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / room).rglob("*.py"))
        if (lines := open_matches(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_kinds_of_items_are_told_apart_by_a_match_alone() -> None:
    compared = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Attribute)
        and ast.unparse(node.left) in {"item.kind", "rule.kind"}
    ]
    assert compared == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("match item:\n    case ScaleItem():\n        pass", [1]),
        ("match item:\n    case ScaleItem():\n        pass\n    case _:\n        pass", [1]),
        (
            "match item:\n    case ScaleItem():\n        pass\n    case _:\n        assert_never(item)",
            [],
        ),
        ("match word:\n    case 'scale':\n        pass", []),
    ],
)
def test_an_open_match_is_found(code: str, lines: list[int]) -> None:
    assert open_matches(code) == lines
