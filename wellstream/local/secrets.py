"""The secrets of an installation on this machine, made once and kept in the state folder."""

import json
import os
import secrets as randomness
from pathlib import Path

_NAMES = ("vault_key", "admin_token", "store_token", "twilio_auth_token", "planner_secret")


def local_secrets(home: Path) -> dict[str, str]:
    """The secrets in `home/secrets.json`, by the name of their setting; made on the first call.

    Only the owner can read the file. Whoever loses it loses the telephone numbers in the vault.
    """
    path = home / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    lacking = [name for name in _NAMES if name not in known]
    if lacking:
        known |= {name: randomness.token_hex(32) for name in lacking}
        home.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(known, file, indent=2)
        fresh.replace(path)
    return known
