"""The house rules that a program can check: who imports whom, who reads the clock, how large a room is."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("schemas", "producers", "streams", "dashboard", "wellstream")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_the_arrows_between_the_rooms() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_one_module_reads_the_clock(module: Path) -> None:
    readings = [
        f"{module.name}:{node.lineno}"
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
    ]
    assert module == ROOT / "schemas" / "clock.py" or not readings


def test_no_committed_file_names_a_place_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "uv.lock" not in listed.stdout.split()
