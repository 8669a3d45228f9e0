"""The vault's file: nothing to read in it without the key."""

from pathlib import Path

import pytest

from producers.vault import Vault, VaultError
from tests.producers.vault.conftest import ENROLMENT, NOW, SECRET


async def test_a_number_does_not_show_in_the_file(tmp_path: Path) -> None:
    vault = await Vault.open(tmp_path / "vault.db", SECRET)
    await vault.directory.enrol([ENROLMENT], NOW)
    await vault.close()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"7700900123" not in written
    assert b"SQLite" not in written


async def test_another_key_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    await (await Vault.open(path, SECRET)).close()
    with pytest.raises(VaultError, match="WELLSTREAM_VAULT_KEY"):
        await Vault.open(path, SECRET[::-1])


async def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="at least 32 characters"):
        await Vault.open(tmp_path / "vault.db", "short")
