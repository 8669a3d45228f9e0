"""What REDCap and XLSForm share: codes that become ids, and codes that make a scale."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.study import ScaleItem
from wellstream.formats.losses import Location, Report

MIN_SCALE_POINTS = 3
"""Two numbers are more often codes for yes and no than a scale, unless the field says what it measures."""
_LONGEST_SCALE = 21
_LARGEST = 1000
_NUMBER = re.compile(r"-?\d{1,4}")

Choice = tuple[str, Mapping[str, str]]
"""A code and its label by language."""


def note_short_scale(item: ScaleItem, report: Report) -> None:
    """Note a scale that an import could not tell from a choice."""
    if item.scale.max - item.scale.min + 1 < MIN_SCALE_POINTS and not item.measures:
        report.lose(item.id, "that it is a scale", "two numbers without `measures` are imported as a choice")


def slug(name: str, first: str) -> str:
    """A valid id from a name; `first` is put before a name that does not begin with a letter."""
    made = re.sub(r"[^a-z0-9_-]", "_", name.lower())
    return (made if re.match("[a-z]", made) else f"{first}{made}")[:48]


def is_scale(codes: Sequence[str], measured: bool) -> bool:
    """Whether codes are whole numbers in a row, enough of them for a scale."""
    if len(codes) < (2 if measured else MIN_SCALE_POINTS) or not all(map(_NUMBER.fullmatch, codes)):
        return False
    low = int(codes[0])
    return list(codes) == [str(low + step) for step in range(len(codes))]


def scale_of(choices: Sequence[Choice], location: Location) -> dict[str, Any]:
    """A scale labelled with the first and the last choice; notes the labels that are lost."""
    between = [words for code, words in choices[1:-1] if any(text != code for text in words.values())]
    if between:
        location.lose(
            f"the labels of {len(between)} numbers between the ends",
            "a scale labels its ends only: " + " / ".join(next(iter(words.values())) for words in between),
        )
    low, high = (
        {language: re.sub(rf"^{code}\s*=\s*(?=\S)", "", text) for language, text in words.items()}
        for code, words in (choices[0], choices[-1])
    )
    return bounded(int(choices[0][0]), int(choices[-1][0]), low, high, location)


def bounded(
    low: int, high: int, lowest: Mapping[str, str], highest: Mapping[str, str], location: Location
) -> dict[str, Any]:
    """A scale from one number to another; notes a scale that is hard to use.

    Raises:
        FormatError: The numbers do not make a scale.
    """
    if low >= high:
        raise location.wrong(f"the lowest number ({low}) must be below the highest ({high})")
    if max(-low, high) > _LARGEST:
        raise location.wrong(f"a scale lies between -{_LARGEST} and {_LARGEST}, not from {low} to {high}")
    if high - low >= _LONGEST_SCALE:
        location.lose(f"{high - low + 1} numbers", "kept, but hard to use on a telephone; consider fewer")
    scale = {"min": low, "max": high, "low": dict(lowest), "high": dict(highest)}
    return {"kind": "scale", "scale": scale}


def options_of(
    choices: Sequence[Choice], location: Location, known: Mapping[str, str], exclusive: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Options, and the id that each code gets here.

    Args:
        choices: In order.
        location: The field.
        known: Option ids that the field itself gives for a code.
        exclusive: Codes of options that exclude the others.

    Raises:
        FormatError: Two codes would get the same id.
    """
    options: list[dict[str, Any]] = []
    named: dict[str, str] = {}
    for code, words in choices:
        made = known.get(code) or slug(code, "o")
        twin = next((other for other, id_ in named.items() if id_ == made), None)
        if twin is not None:
            raise location.wrong(
                f"the codes {twin!r} and {code!r} would both be {made} here: change one of them"
            )
        if made != code and code not in known:
            location.lose(f"the code {code}", f"it is {made} here")
        named[code] = made
        options.append({"id": made, "text": dict(words)} | ({"exclusive": True} if code in exclusive else {}))
    return options, named
