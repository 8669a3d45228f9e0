"""How many SMS segments a text takes: in GSM-7 if it fits, else in UCS-2 (3GPP TS 23.038 and 23.040)."""

import unicodedata
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = frozenset("\f^{}\\[~]|€")
_GSM_ONE, _GSM_PART = 160, 153
_UCS_ONE, _UCS_PART = 70, 67
_VARIATION_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""They choose whether a character is shown as text or as an emoji."""


@dataclass(frozen=True)
class Segments:
    """What a text costs to send.

    Attributes:
        encoding: `GSM-7` or `UCS-2`.
        units: Septets (GSM-7) or 16-bit units (UCS-2).
        count: Number of SMS; 0 for an empty text.
        foreign: The characters that GSM-7 lacks, each once, in order.
        letters: Letters and digits among them that no simpler spelling avoids, such as ë and ك.
    """

    encoding: str
    units: int
    count: int
    foreign: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()

    @property
    def accidental(self) -> bool:
        """Whether it would fit GSM-7 but for punctuation or symbols such as ’: every letter fits."""
        return bool(self.foreign) and not self.letters


def count_segments(text: str) -> Segments:
    """Count the SMS that a text takes; no character is split across two."""
    foreign = _foreign(text)
    if foreign:
        sizes = [len(c.encode("utf-16-be", "surrogatepass")) // 2 for c in text]
        units, count = _counted(sizes, _UCS_ONE, _UCS_PART)
        return Segments("UCS-2", units, count, foreign, _letters(text))
    units, count = _counted([2 if c in _TWO_SEPTETS else 1 for c in text], _GSM_ONE, _GSM_PART)
    return Segments("GSM-7", units, count)


def named(sign: str) -> str:
    """A character with its code point and name; for an invisible one, only those."""
    name = f"U+{ord(sign):04X} {unicodedata.name(sign, 'without a name').lower()}"
    return name if unicodedata.category(sign)[0] in "CMZ" else f"{sign} ({name})"


def _foreign(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _TWO_SEPTETS))


def _letters(text: str) -> tuple[str, ...]:
    """Foreign letters, digits and marks that NFKC leaves: it composes é, and splits ﬁ into f and i."""
    plain = unicodedata.normalize("NFKC", text)
    found = []
    for before, sign in zip(" " + plain, plain, strict=False):
        kind = unicodedata.category(sign)
        # A mark on no letter is an accent used as an apostrophe, or a variation selector.
        on_letter = (
            kind in ("Mn", "Mc")
            and unicodedata.category(before)[0] in "LM"
            and sign not in _VARIATION_SELECTORS
        )
        if kind[0] == "L" or kind == "Nd" or on_letter:
            found.append(sign)
    return _foreign("".join(found))


def _counted(sizes: list[int], one: int, part: int) -> tuple[int, int]:
    """The total number of units, and the number of SMS."""
    units = sum(sizes)
    if units <= one:
        return units, 1 if units else 0
    count, room = 1, part
    for size in sizes:
        if size > room:
            count, room = count + 1, part
        room -= size
    return units, count
