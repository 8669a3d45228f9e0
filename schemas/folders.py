"""Folders whose names, and the names in them, survive a loss of power: a file's own sync keeps no name."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder, with its parents; its name is on the disk when this returns."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Bring to the disk which names a folder has: what was made, renamed or removed in it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
