"""New secrets for an installation on this machine; its services take them up when they start again."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import assert_never

from producers.gateway.vault_key import change_vault_key
from schemas.private_file import write_private_json
from wellstream.local.kafka_users import users_file
from wellstream.local.secrets import NEXT_VAULT_KEY, Rotated, generated, renew, secrets_file


def rotate_secrets(home: Path, vault: Path, names: Iterable[Rotated]) -> None:
    """Make some of the secrets in a state folder anew, while nothing runs from it.

    Args:
        home: The state folder.
        vault: The vault's file.
        names: What to make anew.

    Raises:
        SecretsUnusable: The file with the secrets is damaged.
        VaultError: The vault's key does not open it.
        VaultUnavailable: Somebody has the vault open, or the disk is full.
    """
    for name in names:
        match name:
            case Rotated.VAULT_KEY:
                _rotate_vault_key(secrets_file(home), vault)
            case Rotated.ADMIN_TOKEN | Rotated.STORE_TOKEN | Rotated.PLANNER_SECRET:
                renew(secrets_file(home), [name.replace("-", "_")])
            case Rotated.KAFKA_PASSWORDS:
                users_file(home).unlink(missing_ok=True)
            case _:
                assert_never(name)


def _rotate_vault_key(secrets: Path, vault: Path) -> None:
    known = generated(secrets, ("vault_key", NEXT_VAULT_KEY))
    fresh = known[NEXT_VAULT_KEY]
    if vault.exists():
        asyncio.run(change_vault_key(vault, known["vault_key"], fresh))
    left = {name: value for name, value in known.items() if name != NEXT_VAULT_KEY}
    write_private_json(secrets, left | {"vault_key": fresh})
