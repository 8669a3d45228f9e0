"""After a loss of power at any moment the store opens, and reads on from the offset that its rows reach."""

import subprocess
import sys
from pathlib import Path

import pytest

from streams.store.writer import offsets, open_store
from tests.power_cut import ALL, NOTHING, cuts, some, write_folder
from tests.recorded_calls import read_calls, recording
from tests.streams.store.storing import COMMITS, EACH, PLACE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CUTS = 12


def test_all_that_was_committed_is_kept_and_nothing_is_there_twice(tmp_path: Path) -> None:
    """DuckDB does not sync the names of its files: this holds on a file system with a journal."""
    root, left, trace = tmp_path / "new", tmp_path / "left", tmp_path / "trace"
    own = [sys.executable, "-m", "tests.streams.store.storing", str(root / "store.duckdb")]
    done = subprocess.run(recording(own, trace), capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines()[-1] == str(COMMITS * EACH)
    for place, cut in enumerate(cuts(read_calls(trace), root, CUTS, journal=True)):
        for part in (NOTHING, ALL, some(place)):
            write_folder(cut.disk.after_cut(part), root, left)
            with open_store(left / "store.duckdb") as store:
                reached = offsets(store).get(PLACE, 0)
                rows = store.execute("select count(*), count(distinct event_id) from checkin_versions")
                assert rows.fetchall() == [(reached, reached)], f"cut {place}"
            assert reached >= (int(cut.said[-1]) if cut.said else 0), f"cut {place}"
