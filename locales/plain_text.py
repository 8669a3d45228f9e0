"""One spelling for all texts, so that words and digits can be compared."""

import re
import unicodedata
from collections.abc import Iterable

_KEYCAP = str.maketrans("", "", "\ufe0f\u20e3\u200e\u200f\u0640")
_TASHKEEL = re.compile("[\u064b-\u0652]")
_SAME = str.maketrans("أإآى،؛’‘`", "اااي,;'''")
_MARKS = re.compile(r"[^\w\s']|_")


def plain(text: str) -> str:
    """A text in lower case, with the digits of every script as 0 to 9 and without marks that mean nothing.

    Keycap digits become digits, Arabic loses its vowel signs, and all forms of alif become one letter.
    """
    folded = unicodedata.normalize("NFKC", text.replace("🔟", "10").translate(_KEYCAP)).casefold()
    folded = _TASHKEEL.sub("", folded).translate(_SAME)
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)
    return " ".join("".join(digits).split())


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without punctuation."""
    return tuple(_MARKS.sub(" ", plain(text)).split())


def plain_words(phrases: Iterable[str]) -> frozenset[str]:
    """The words and phrases of a list, as they look after `plain`."""
    return frozenset(map(plain, phrases))
