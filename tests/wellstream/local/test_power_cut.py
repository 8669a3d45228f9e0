"""Secrets, tokens, who saw a number and what staff were told survive a loss of power at any moment."""

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.private_file import append_private
from tests.power_cut import ALL, NOTHING, cuts, some, write_folder
from tests.recorded_calls import read_calls, recording
from tests.wellstream.local.keeping import TURNS, kept

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CUTS = 90


def test_nothing_that_was_said_to_be_kept_is_lost(tmp_path: Path) -> None:
    root, left, trace = tmp_path / "new", tmp_path / "left", tmp_path / "trace"
    own = [sys.executable, "-m", "tests.wellstream.local.keeping", str(root / "home")]
    done = subprocess.run(recording(own, trace), capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.endswith(f"told {TURNS - 1}\n")
    for place, cut in enumerate(cuts(read_calls(trace), root, CUTS)):
        for part in (NOTHING, ALL, some(place)):
            write_folder(cut.disk.after_cut(part), root, left)
            assert set(cut.said) <= set(kept(left / "home")), f"cut {place}"


def test_a_line_that_a_cut_left_unfinished_does_not_spoil_the_next(tmp_path: Path) -> None:
    file = tmp_path / "revealed.jsonl"
    append_private(file, "one")
    with file.open("a") as out:
        out.write("tw")
    append_private(file, "three")
    assert file.read_text().splitlines() == ["one", "tw", "three"]
    assert file.stat().st_mode & 0o777 == 0o600
