"""Files with secrets or addresses, which nobody but their owner reads, and which survive a loss of power."""

import json
import os
from pathlib import Path

from schemas.folders import make_folder, sync_folder


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read: all or nothing, and on the disk when this returns."""
    make_folder(path.parent)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def write_private_json(path: Path, content: object) -> None:
    """The same, with a value as JSON."""
    write_private(path, json.dumps(content, indent=2))


def append_private(path: Path, line: str) -> None:
    """Add a line to a file that only its owner can read; it is on the disk when this returns.

    A line that a loss of power has cut off stays as it is, and the next one begins after it.
    """
    make_folder(path.parent)
    with os.fdopen(os.open(path, os.O_APPEND | os.O_CREAT | os.O_RDWR, 0o600), "rb+") as file:
        cut_off = file.seek(0, os.SEEK_END) > 0 and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n"
        file.write(b"\n" * cut_off + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    # Also where the file was there already: its name may be as new as a line that failed.
    sync_folder(path.parent)
