"""The secrets of an installation on this machine, generated once and kept in the state folder."""

import json
import secrets as randomness
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from schemas.private_file import write_private_json

NEXT_VAULT_KEY = "next_vault_key"
"""The vault's key that is about to be, while it changes."""

_NAMES = ("vault_key", "admin_token", "store_token", "twilio_auth_token", "planner_secret")


class Rotated(StrEnum):
    """What can be made anew."""

    VAULT_KEY = "vault-key"
    ADMIN_TOKEN = "admin-token"  # noqa: S105 - a name
    STORE_TOKEN = "store-token"  # noqa: S105 - a name
    PLANNER_SECRET = "planner-secret"  # noqa: S105 - a name
    KAFKA_PASSWORDS = "kafka-passwords"


class SecretsUnusable(RuntimeError):
    """The file with the secrets is missing or damaged, or a change of them was interrupted."""


def local_secrets(home: Path) -> dict[str, str]:
    """The secrets in `home/secrets.json` by the name of their setting, generated on the first call.

    Only the file's owner can read it. Without it, the telephone numbers in the vault are lost.

    Raises:
        SecretsUnusable: The file is damaged, or a change of the vault's key was interrupted.
    """
    known = generated(secrets_file(home), _NAMES)
    if NEXT_VAULT_KEY in known:
        raise SecretsUnusable(
            "a change of the vault's key was interrupted: run `wellstream rotate vault-key` again"
        )
    return known


def secrets_file(home: Path) -> Path:
    """Where the secrets are."""
    return home / "secrets.json"


def require_secrets(home: Path) -> None:
    """Make sure that `up` or `demo` has run from this folder.

    Raises:
        SecretsUnusable: It has no secrets.
    """
    if not secrets_file(home).exists():
        raise SecretsUnusable(
            f"there are no secrets in {home.absolute()}: set WELLSTREAM_HOME to the folder that `up` uses"
        )


def generated(path: Path, names: Iterable[str]) -> dict[str, str]:
    """The secrets in a file by name; those that it does not have yet are made up, and kept there.

    Raises:
        SecretsUnusable: The file is damaged.
    """
    known = _read(path)
    missing = [name for name in names if name not in known]
    if missing:
        known |= {name: randomness.token_hex(32) for name in missing}
        write_private_json(path, known)
    return known


def renew(path: Path, names: Iterable[str]) -> None:
    """Make secrets anew.

    Raises:
        SecretsUnusable: The file is damaged.
    """
    write_private_json(path, _read(path) | {name: randomness.token_hex(32) for name in names})


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        known = None
    if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
        raise SecretsUnusable(f"{path} is damaged: restore it from a backup")
    return known
