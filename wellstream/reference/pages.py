"""Which pages are written from the code, and the command that writes them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import TypeAdapter

from schemas.events import Event
from wellstream.reference.commands import commands_page
from wellstream.reference.events import events_page
from wellstream.reference.licences import licences_page
from wellstream.reference.settings import settings_page
from wellstream.reference.store import store_page
from wellstream.reference.topics import topics_page

DOCS = Path(__file__).resolve().parents[2] / "docs"
"""The folder of the pages."""


def _schema() -> str:
    return json.dumps(TypeAdapter(Event).json_schema(), indent=2) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "topics.md": topics_page,
    "events.md": events_page,
    "store.md": store_page,
    "events.schema.json": _schema,
}
"""By file name: what writes each page, the same on every machine."""

_BY_MACHINE: Mapping[str, Callable[[], str]] = {"licences.md": licences_page}


def write_pages(folder: Path = DOCS) -> list[Path]:
    """Write every page.

    Args:
        folder: Where to.

    Returns:
        The files.
    """
    written = []
    for name, page in {**PAGES, **_BY_MACHINE}.items():
        path = folder / name
        path.write_text(page(), encoding="utf-8", newline="\n")
        written.append(path)
    return written
