"""Markdown from docstrings: their prose, and the meaning of each attribute."""

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SECTION = re.compile(r"^(Attributes|Args|Returns|Raises|Yields):$")
_ENTRY = re.compile(r"^ {4}(?P<names>\w+(?:,\s+\w+)*): ?(?P<text>.*(?:\n {8}.*)*)$", re.MULTILINE)


@dataclass(frozen=True)
class Documented:
    """One entry of a docstring's `Attributes`.

    Attributes:
        names: The attributes that it documents together.
        meaning: What it says about them.
    """

    names: tuple[str, ...]
    meaning: str


def generated_head(title: str, home: str) -> str:
    """The head of a page, which says where to edit.

    Args:
        title: The page's title.
        home: The module or package that it is written from.
    """
    return f"# {title}\n\nWritten by `uv run python -m wellstream.reference`; edit {home}, not this page.\n"


def prose(kind: type) -> str:
    """A class's docstring up to its first section, a line for each paragraph."""
    lines = inspect.cleandoc(kind.__doc__ or "").splitlines()
    end = next((number for number, line in enumerate(lines) if _SECTION.match(line)), len(lines))
    return paragraphs("\n".join(lines[:end]))


def paragraphs(text: str) -> str:
    """Text with each paragraph on one line, so that the pages do not depend on where code wraps."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def documented(kind: type) -> list[Documented]:
    """The attributes that a class and its bases in the same package document, those of the base first."""
    room = kind.__module__.partition(".")[0]
    ours = [base for base in reversed(kind.__mro__) if base.__module__.partition(".")[0] == room]
    return [entry for base in ours for entry in _attributes(base)]


def meanings(kind: type) -> dict[str, str]:
    """The meaning of each documented attribute by its name; a class's own words win over its bases'."""
    return {name: entry.meaning for entry in documented(kind) for name in entry.names}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a vertical bar within a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in line) + " |"
        for line in lines
    )


def _attributes(kind: type) -> list[Documented]:
    """The entries of a docstring's `Attributes`; names that are documented together stand in one entry."""
    _, _, section = inspect.cleandoc(vars(kind).get("__doc__") or "").partition("\nAttributes:\n")
    section = re.split(r"\n(?=\w)", section)[0]
    return [
        Documented(tuple(re.findall(r"\w+", entry["names"])), " ".join(entry["text"].split()))
        for entry in _ENTRY.finditer(section)
    ]
