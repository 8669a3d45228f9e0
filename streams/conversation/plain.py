"""One way of writing for all texts, so that words and digits can be compared."""

import re
import unicodedata

_KEYCAP = str.maketrans("", "", "\ufe0f\u20e3\u200e\u200f\u0640")
_TASHKEEL = re.compile("[\u064b-\u0652]")
_SAME = str.maketrans("أإآى،؛’‘`", "اااي,;'''")
_MARKS = re.compile(r"[^\w\s']|_")


def plain(text: str) -> str:
    """A text with digits of every script as 0 to 9, in small letters, without marks that say nothing.

    Keycaps lose their frame, Arabic its vowel signs, and the forms of alif are one letter.
    """
    folded = unicodedata.normalize("NFKC", text.replace("🔟", "10").translate(_KEYCAP)).casefold()
    folded = _TASHKEEL.sub("", folded).translate(_SAME)
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)
    return " ".join("".join(digits).split())


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without punctuation."""
    return tuple(_MARKS.sub(" ", plain(text)).split())


def listed(text: str) -> frozenset[str]:
    """The words of a list that is written as one text, as they look after `plain`."""
    return frozenset(plain(text).split())
