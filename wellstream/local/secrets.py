"""The secrets of an installation on this machine, generated once and kept in the state folder."""

import json
import os
import secrets as randomness
from pathlib import Path

_NAMES = ("vault_key", "admin_token", "store_token", "twilio_auth_token", "planner_secret")


def local_secrets(home: Path) -> dict[str, str]:
    """The secrets in `home/secrets.json` by the name of their setting, generated on the first call.

    Only the file's owner can read it. Without it, the telephone numbers in the vault are lost.
    """
    path = home / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in _NAMES if name not in known]
    if missing:
        known |= {name: randomness.token_hex(32) for name in missing}
        write_private(path, json.dumps(known, indent=2))
    return known


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all or nothing, also where the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
