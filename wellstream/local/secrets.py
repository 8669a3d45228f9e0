"""The secrets of an installation on this machine, generated once and kept in the state folder."""

import json
import secrets as randomness
from collections.abc import Iterable
from pathlib import Path

from schemas.private_file import write_private_json

_NAMES = ("vault_key", "admin_token", "store_token", "twilio_auth_token", "planner_secret")


def local_secrets(home: Path) -> dict[str, str]:
    """The secrets in `home/secrets.json` by the name of their setting, generated on the first call.

    Only the file's owner can read it. Without it, the telephone numbers in the vault are lost.
    """
    return generated(home / "secrets.json", _NAMES)


def generated(path: Path, names: Iterable[str]) -> dict[str, str]:
    """The secrets in a file by name; those that it does not have yet are made up, and kept there."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in names if name not in known]
    if missing:
        known |= {name: randomness.token_hex(32) for name in missing}
        write_private_json(path, known)
    return known
