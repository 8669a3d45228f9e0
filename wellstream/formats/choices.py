"""What REDCap and XLSForm have in common: turning codes into option ids, and recognising scales."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.study import ScaleItem
from wellstream.formats.losses import Location, Report

MIN_SCALE_POINTS = 3
"""Two numbers are usually codes for yes and no; with `measures` they still count as a scale."""
_LONGEST_SCALE = 21
_LARGEST = 1000
_NUMBER = re.compile(r"-?\d{1,4}")

Choice = tuple[str, Mapping[str, str]]
"""A code and its label by language."""


def note_short_scale(item: ScaleItem, report: Report) -> None:
    """Report a scale that an import would read as a choice, and decimals, which a list cannot hold."""
    if item.scale.decimals:
        report.lose(item.id, "its decimals", "offered as whole numbers")
    if item.scale.max - item.scale.min + 1 < MIN_SCALE_POINTS and not item.measures:
        report.lose(
            item.id, "the scale", "with only two numbers and no `measures`, an import reads it as a choice"
        )


def slug(name: str, first: str) -> str:
    """Turn a name into a valid id, prefixed with `first` if it doesn't begin with a letter."""
    made = re.sub(r"[^a-z0-9_-]", "_", name.lower())
    return (made if re.match("[a-z]", made) else f"{first}{made}")[:48]


def is_scale(codes: Sequence[str], measured: bool) -> bool:
    """Whether codes are consecutive whole numbers, and enough of them for a scale."""
    if len(codes) < (2 if measured else MIN_SCALE_POINTS) or not all(map(_NUMBER.fullmatch, codes)):
        return False
    low = int(codes[0])
    return list(codes) == [str(low + step) for step in range(len(codes))]


def scale_of(choices: Sequence[Choice], location: Location) -> dict[str, Any]:
    """A scale labelled with the first and last choice; reports the labels in between as lost."""
    between = [words for code, words in choices[1:-1] if any(text != code for text in words.values())]
    if between:
        location.lose(
            f"labels in between ({len(between)})",
            "only the ends of a scale have labels: "
            + " / ".join(next(iter(words.values())) for words in between),
        )
    low, high = (
        {language: re.sub(rf"^{code}\s*=\s*(?=\S)", "", text) for language, text in words.items()}
        for code, words in (choices[0], choices[-1])
    )
    return bounded(int(choices[0][0]), int(choices[-1][0]), low, high, location)


def bounded(
    low: int, high: int, lowest: Mapping[str, str], highest: Mapping[str, str], location: Location
) -> dict[str, Any]:
    """A scale between two numbers; reports one with too many points to be usable on a phone.

    Raises:
        FormatError: The bounds are out of order, or beyond -1000 to 1000.
    """
    if low >= high:
        raise location.error(f"the minimum ({low}) must be below the maximum ({high})")
    if max(-low, high) > _LARGEST:
        raise location.error(
            f"a scale from {low} to {high} is not supported; stay between -{_LARGEST} and {_LARGEST}"
        )
    if high - low >= _LONGEST_SCALE:
        location.lose(f"{high - low + 1} points", "kept, but hard to use on a phone; consider fewer")
    scale = {"min": low, "max": high, "low": dict(lowest), "high": dict(highest)}
    return {"kind": "scale", "scale": scale}


def options_of(
    choices: Sequence[Choice], location: Location, known: Mapping[str, str], exclusive: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The options, and the option id of each code.

    Args:
        choices: In order.
        location: The field.
        known: Option ids kept in the field's annotation, by code.
        exclusive: Codes of options that exclude the others.

    Raises:
        FormatError: Two codes turn into the same id.
    """
    options: list[dict[str, Any]] = []
    named: dict[str, str] = {}
    for code, words in choices:
        made = known.get(code) or slug(code, "o")
        twin = next((other for other, id_ in named.items() if id_ == made), None)
        if twin is not None:
            raise location.error(f"the codes {twin!r} and {code!r} would both become {made}; rename one")
        if made != code and code not in known:
            location.lose(f"code {code}", f"renamed to {made}")
        named[code] = made
        options.append({"id": made, "text": dict(words)} | ({"exclusive": True} if code in exclusive else {}))
    return options, named
