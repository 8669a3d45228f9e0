"""The store's views, each with its meaning: the comment above it in `sql/views.sql`."""

import re
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parent / "sql" / "views.sql"
_VIEW = re.compile(r"((?:^--[^\n]*\n)+)(create or replace view (\w+) as\n.*?);$", re.MULTILINE | re.DOTALL)


class View(NamedTuple):
    """A view.

    Attributes:
        name: Its name.
        meaning: What it shows.
        ddl: The statement that creates it.
    """

    name: str
    meaning: str
    ddl: str


def read_views(text: str) -> tuple[View, ...]:
    """The views of a file of SQL, in its order: a view stands below those that it reads.

    Raises:
        ValueError: A view has no comment above it, so nobody would know what it shows.
    """
    found = tuple(
        View(name, " ".join(line.removeprefix("--").strip() for line in comment.splitlines()), ddl)
        for comment, ddl, name in _VIEW.findall(text)
    )
    if len(found) != text.count("create or replace view"):
        raise ValueError("every view needs a comment above it and a semicolon at the end of its last line")
    return found


VIEWS = read_views(_FILE.read_text(encoding="utf-8"))
