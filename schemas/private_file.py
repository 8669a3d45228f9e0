"""Files with secrets or addresses, which nobody but their owner reads."""

import json
import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all or nothing, also where the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def write_private_json(path: Path, content: object) -> None:
    """The same, with a value as JSON."""
    write_private(path, json.dumps(content, indent=2))
