"""What the vault has committed survives a loss of power at any moment, and nothing in it is damaged."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from producers.vault import Vault, VaultError
from producers.vault.connection import file_key_pragma
from producers.vault.ledger import PAGE
from tests.power_cut import ALL, NOTHING, Call, cuts, some, write_folder
from tests.producers.vault.committing import EACH, ROUNDS, accepted, claimed
from tests.producers.vault.conftest import SECRET
from tests.recorded_calls import read_calls, recording

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CUTS = 36
FOLDER = "new/home"
FIRST = accepted(0).model_copy(update={"offset": -2})


def recorded(tmp_path: Path, *pragma: str) -> Sequence[Call]:
    """The calls of a process that commits in a vault, in a folder that is made with its parent."""
    trace = tmp_path / "trace"
    own = [sys.executable, "-m", "tests.producers.vault.committing", str(tmp_path / FOLDER), *pragma]
    done = subprocess.run(recording(own, trace), capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.endswith(f"claimed {ROUNDS * EACH - 1}\n")
    return read_calls(trace)


async def missing(folder: Path, said: Sequence[str]) -> list[str]:
    """What was said and is not in the vault of a folder; everything, if the vault is damaged."""
    file = folder / "home" / "vault.db"
    if not said:
        return []
    try:
        vault = await Vault.open(file, SECRET)
    except VaultError:
        return list(said)
    kept = {str(one.event_id) for one in await vault.ledger.receipts(FIRST)}
    assert len(kept) < PAGE
    await vault.close()
    with sqlcipher.connect(str(file)) as raw:
        raw.execute(file_key_pragma(SECRET))
        broken = raw.execute("PRAGMA cipher_integrity_check").fetchall()
        (told,) = raw.execute("PRAGMA integrity_check").fetchone()
        kept &= {name for (name,) in raw.execute("SELECT event_id FROM ledger WHERE acknowledged = 1")}
        claims = {name for (name,) in raw.execute("SELECT text FROM dispatches")}
    raw.close()
    if broken or told != "ok":
        return list(said)
    return [line for line in said if _name(line) not in (kept if line.startswith("accepted") else claims)]


def _name(line: str) -> str:
    kind, number = line.split()
    return str(accepted(int(number)).event_id if kind == "accepted" else claimed(int(number)))


async def test_no_accepted_check_in_and_no_claim_is_lost_at_any_moment(tmp_path: Path) -> None:
    folder, left = tmp_path / "new", tmp_path / "left"
    promises = 0
    for place, cut in enumerate(cuts(recorded(tmp_path), folder, CUTS)):
        for kept in (NOTHING, ALL, some(place)):
            write_folder(cut.disk.after_cut(kept), folder, left)
            assert await missing(left, cut.said) == [], f"cut {place}"
            promises += len(cut.said)
    assert promises > CUTS * EACH


async def test_the_simulated_cut_takes_back_what_was_not_synced(tmp_path: Path) -> None:
    """The same on a vault that leaves writing to the operating system."""
    folder, left = tmp_path / "new", tmp_path / "left"
    calls = recorded(tmp_path, "synchronous = OFF")
    lost = 0
    for cut in cuts(calls, folder, 12):
        write_folder(cut.disk.after_cut(NOTHING), folder, left)
        lost += len(await missing(left, cut.said))
    assert lost > 0
