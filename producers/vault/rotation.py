"""Giving the vault another key."""

from pathlib import Path

from producers.vault import subkeys
from producers.vault.connection import Connection, SecretTooShort, VaultError
from producers.vault.vault import SCHEMA, Vault

_BUSY_SECONDS = 1.0


async def rotate(path: Path, old: str, new: str) -> None:
    """Encrypt a vault anew, so that the old secret opens and proves nothing any more.

    Numbers are hashed with new keys, and links for prompts of later are made with new ones; links that were
    sent stay valid. A vault that opens with the new secret already stays as it is, so this can be repeated
    wherever it was interrupted: each of its two steps happens wholly or not at all.

    Args:
        path: The file.
        old: The secret until now.
        new: The secret from now on, at least 32 characters.

    Raises:
        VaultError: Neither secret opens the vault, or the new one is too short.
        VaultUnavailable: The gateway has the vault open, or the disk is full.
    """
    if await _opens(path, new):
        return
    connection = await Connection.open(path, old, SCHEMA, _BUSY_SECONDS)
    try:
        await connection.run(connection.close_to_others)
        vault = Vault(connection, await connection.run(lambda: subkeys.subkeys(connection, old)))

        def renew() -> None:
            vault.directory.rehash(subkeys.renew(connection)[subkeys.NUMBERS])

        await connection.transaction(renew)
        await connection.run(lambda: connection.change_key(new))
    finally:
        await connection.close()


async def _opens(path: Path, secret: str) -> bool:
    try:
        connection = await Connection.open(path, secret, SCHEMA, _BUSY_SECONDS)
    except SecretTooShort:
        raise
    except VaultError:
        return False
    await connection.close()
    return True
