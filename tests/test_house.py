"""The house rules that a program can check: who imports whom, who reads the clock, how long things may be."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("schemas", "locales", "producers", "streams", "dashboard", "wellstream")
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ALL = sorted([*CODE, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
UNFINISHED = re.compile(r"# ?(TODO|FIXME|XXX)\b")


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function's name and how many lines it takes, with its decorators' left out."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def clock_readings(path: Path) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]


def test_the_arrows_between_the_rooms() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout


def test_one_module_reads_the_clock() -> None:
    readers = {place(path): lines for path in CODE if (lines := clock_readings(path))}
    assert list(readers) == ["schemas/clock.py"], readers


def test_no_module_and_no_function_is_too_long() -> None:
    long = {place(path) for path in ALL if len(path.read_text().splitlines()) > MOST_LINES}
    long |= {
        f"{place(path)}::{name}"
        for path in ALL
        for name, lines in functions(path)
        if lines > MOST_LINES_OF_A_FUNCTION
    }
    assert long == set()


def test_a_package_tells_its_duty() -> None:
    folders = {path.parent for path in CODE}
    silent = [place(one) for one in folders if one.name != "views" and not (one / "__init__.py").exists()]
    silent += [
        place(path) for path in CODE if path.name == "__init__.py" and not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_a_package_offers_what_exists() -> None:
    packages = [
        import_module(place(path.parent).replace("/", ".")) for path in CODE if path.stem == "__init__"
    ]
    missing = [
        f"{package.__name__}.{name}"
        for package in packages
        for name in getattr(package, "__all__", ())
        if not hasattr(package, name) and find_spec(f"{package.__name__}.{name}") is None
    ]
    assert missing == []


def test_nothing_is_left_for_later() -> None:
    lines = [
        f"{place(path)}:{number}"
        for path in ALL
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert lines == []


def test_no_committed_file_names_a_place_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "uv.lock" not in listed.stdout.split()


def test_pre_commit_checks_what_just_lint_checks() -> None:
    just = (ROOT / "Justfile").read_text(encoding="utf-8")
    body = re.search(r"^lint:\n((?:    .+\n)+)", just, re.MULTILINE)
    assert body
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^ +entry: (.+)$", hooks, re.MULTILINE)
    assert entries == [line.strip() for line in body[1].splitlines()]
