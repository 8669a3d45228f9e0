"""How many SMS a text takes: GSM 03.38 where it fits, UCS-2 where not (3GPP TS 23.038 and 23.040)."""

import unicodedata
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = frozenset("\f^{}\\[~]|€")
_GSM_ONE, _GSM_PART = 160, 153
_UCS_ONE, _UCS_PART = 70, 67


@dataclass(frozen=True)
class Segments:
    """What a text costs to send.

    Attributes:
        encoding: `GSM-7` or `UCS-2`.
        units: Septets (GSM-7) or 16-bit units (UCS-2).
        count: Number of SMS; 0 for an empty text.
        foreign: The characters that GSM-7 does not have, each once, in order.
    """

    encoding: str
    units: int
    count: int
    foreign: tuple[str, ...] = ()

    @property
    def accidental(self) -> bool:
        """Whether UCS-2 could be had for nothing: all letters fit GSM-7, only marks such as ’ do not."""
        return bool(self.foreign) and not any(unicodedata.category(c)[0] in "LMN" for c in self.foreign)


def count_segments(text: str) -> Segments:
    """Count the SMS that a text becomes; a character is never split between two."""
    foreign = tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _TWO_SEPTETS))
    if foreign:
        return _counted(
            "UCS-2", [len(c.encode("utf-16-be")) // 2 for c in text], _UCS_ONE, _UCS_PART, foreign
        )
    return _counted("GSM-7", [2 if c in _TWO_SEPTETS else 1 for c in text], _GSM_ONE, _GSM_PART, ())


def _counted(encoding: str, sizes: list[int], one: int, part: int, foreign: tuple[str, ...]) -> Segments:
    units = sum(sizes)
    if units <= one:
        return Segments(encoding, units, 1 if units else 0, foreign)
    count, room = 1, part
    for size in sizes:
        if size > room:
            count, room = count + 1, part
        room -= size
    return Segments(encoding, units, count, foreign)
