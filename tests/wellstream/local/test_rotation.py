"""New secrets in a state folder."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from producers.vault import Vault, VaultError
from tests.producers.vault.conftest import ENROLMENT, NOW
from wellstream.cli.app import app
from wellstream.local.kafka_users import kafka_users
from wellstream.local.secrets import SecretsUnusable, local_secrets


async def _enrol(vault: Path, key: str) -> None:
    opened = await Vault.open(vault, key)
    await opened.directory.enrol([ENROLMENT], NOW)
    await opened.close()


async def _knows(vault: Path, key: str) -> bool:
    opened = await Vault.open(vault, key)
    found = await opened.directory.with_number(ENROLMENT.number)
    await opened.close()
    return found is not None


def rotate(home: Path, *names: str, **env: str) -> str:
    ran = CliRunner().invoke(app, ["rotate", *names], env={"WELLSTREAM_HOME": str(home), **env}, input=NEW)
    return ran.output if ran.exit_code == 0 else f"code {ran.exit_code}: {ran.output}"


NEW = "6f0c2b9d4e817a35b2c4d6e8f0a1c3e5\n"


def test_what_is_named_is_new_and_the_rest_stays(tmp_path: Path) -> None:
    before, passwords = local_secrets(tmp_path), kafka_users(tmp_path)
    asyncio.run(_enrol(tmp_path / "vault.db", before["vault_key"]))
    said = rotate(tmp_path, "vault-key", "admin-token", "kafka-passwords")
    assert "Services take it up when they start" in said
    after = local_secrets(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {"vault_key", "admin_token"}
    assert set(kafka_users(tmp_path).values()).isdisjoint(passwords.values())
    assert asyncio.run(_knows(tmp_path / "vault.db", after["vault_key"]))
    with pytest.raises(VaultError):
        asyncio.run(_knows(tmp_path / "vault.db", before["vault_key"]))
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_what_was_interrupted_is_finished_by_repeating_it(tmp_path: Path) -> None:
    before = local_secrets(tmp_path)
    asyncio.run(_enrol(tmp_path / "vault.db", before["vault_key"]))
    (tmp_path / "secrets.json").write_text(json.dumps(before | {"next_vault_key": NEW.strip()}))
    with pytest.raises(SecretsUnusable, match="wellstream rotate vault-key"):
        local_secrets(tmp_path)
    rotate(tmp_path, "vault-key")
    assert local_secrets(tmp_path)["vault_key"] == NEW.strip()
    assert asyncio.run(_knows(tmp_path / "vault.db", NEW.strip()))


def test_a_key_from_the_environment_changes_in_the_vault_alone(tmp_path: Path) -> None:
    vault, old = tmp_path / "vault.db", "5e3a9c71d04b8f26e5d3c1b7a9f08264"
    asyncio.run(_enrol(vault, old))
    assert "set WELLSTREAM_VAULT_KEY to it" in rotate(tmp_path, "vault-key", WELLSTREAM_VAULT_KEY=old)
    assert asyncio.run(_knows(vault, NEW.strip()))
    assert not (tmp_path / "secrets.json").exists()


def test_a_folder_without_secrets_gets_none(tmp_path: Path) -> None:
    assert "there are no secrets in" in rotate(tmp_path, "vault-key")
    assert not list(tmp_path.iterdir())


def test_a_token_from_the_environment_is_changed_there(tmp_path: Path) -> None:
    said = rotate(tmp_path, "store-token", WELLSTREAM_STORE_TOKEN="5e3a9c71d04b8f26e5d3c1b7a9f08264")
    assert said.startswith("code 2")
    assert "WELLSTREAM_STORE_TOKEN" in said


@pytest.mark.parametrize("content", [b"", b"[]", b'{"vault_key": 1}', b"[" * 10_000, b"\xff"])
def test_a_damaged_file_of_secrets_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secrets.json").write_bytes(content)
    with pytest.raises(SecretsUnusable, match=r"secrets\.json is damaged"):
        local_secrets(tmp_path)
    assert (tmp_path / "secrets.json").read_bytes() == content
