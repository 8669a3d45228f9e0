"""Changing the vault's key, while no gateway runs: for the command that does it."""

from pathlib import Path

from producers.vault import VaultUnavailable
from producers.vault.rotation import rotate


async def change_vault_key(path: Path, old: str, new: str) -> None:
    """Encrypt the vault anew; to be repeated where it was interrupted.

    Args:
        path: The vault's file.
        old: The key until now.
        new: The key from now on, at least 32 characters.

    Raises:
        VaultError: Neither key opens the vault, or the new one is too short.
        VaultUnavailable: A gateway has it open, or the disk is full.
    """
    try:
        await rotate(path, old, new)
    except VaultUnavailable:
        raise VaultUnavailable(
            f"the vault {path} cannot be changed now: stop the gateway that has it open, and make sure that "
            "the disk has room for a second copy"
        ) from None
