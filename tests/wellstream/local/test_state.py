"""A state folder says which version made it."""

from pathlib import Path

import pytest

from wellstream.local.secrets import local_secrets
from wellstream.local.state import FORMAT, OtherState, claim_home


def test_a_folder_is_claimed_and_used_again(tmp_path: Path) -> None:
    home = tmp_path / "state"
    claim_home(home)
    local_secrets(home)
    claim_home(home)
    assert (home / "format").read_text() == f"{FORMAT}\n"


def test_a_folder_of_an_earlier_checkout_is_left_alone_with_what_to_do(tmp_path: Path) -> None:
    local_secrets(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(OtherState, match=r"start afresh.*WELLSTREAM_HOME"):
        claim_home(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "format").write_text(f"{FORMAT + 1}\n")
    with pytest.raises(OtherState, match="upgrade"):
        claim_home(tmp_path)
