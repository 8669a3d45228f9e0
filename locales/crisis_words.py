"""Crisis words, looked for in whatever a participant writes: a text message or free text in the form.

Every language has a list of phrases (`crisis` in its file), and a study adds its own (`safety.crisis`). All
of them count for everybody, whatever their language. A negation never silences a phrase: "I don't want to
kill myself" is as good a reason to call as its opposite.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, assert_never

from locales.files import all_locales
from schemas.study import Study

_GAP = "~"
_END = "|"
_ANY = "*"
_DIGITS_FOR_LETTERS = str.maketrans("013457", "oieast")
_ONE_SPELLING = str.maketrans(
    {
        "\u0131": "i", "\u00f8": "o", "\u0142": "l", "\u0153": "oe", "\u00e6": "ae",
        "\u064a": "\u06cc", "\u0649": "\u06cc", "\u0643": "\u06a9", "\u0629": "\u0647", "\u06c1": "\u0647",
        "\u06be": "\u0647", "\u06c3": "\u0647", "\u06d2": "\u06cc", "\u06ba": "\u0646", "\u0640": None,
    }
)  # fmt: skip
_APOSTROPHES = re.compile("['\u2019\u2018`\u00b4\u02bc\u2032\uff07]")
_DOTS_WITHIN_A_WORD = re.compile(r"(?<=\b\w)[.*_\-](?=\w\b)")
_JOINS = re.compile(r"[\s\"\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a*_/\u2010-\u2015-]+")
_ENDS = re.compile(r"[^\w |]+")
_REPEATED = re.compile(r"([^\W\d])\1+")
_UMLAUTS = {"\u00e4": "a", "\u00f6": "o", "\u00fc": "u"}
_HEBREW_JOINED = "[\u05d5\u05d4\u05d1\u05db\u05dc\u05de\u05e9]{0,3}"

Joins = Literal["nothing", "hebrew", "anything"]
"""What a script writes together with the word that follows: "and", "the" and "that" in Hebrew and Arabic."""


@dataclass(frozen=True)
class _Phrase:
    """A phrase that can be looked for.

    Attributes:
        pattern: Matches it in a text after `_folded`.
        needed: Its longest run of letters, without which it cannot match; found much faster.
    """

    pattern: re.Pattern[str]
    needed: str


def crisis_words(text: str, study: Study) -> str | None:
    """The first phrase that a text contains, by language and place in the list, such as `en-3`.

    The study's own phrases come first; those of the language's file are called `common-en-3`.
    """
    folded = _folded(text)
    together = _REPEATED.sub(r"\1", folded.replace(" ", ""))
    for language, phrases in study.safety.crisis.items():
        for place, phrase in enumerate(phrases, start=1):
            if _found(_phrase(phrase, _joins_of_study(phrase)), folded, together):
                return f"{language.lower()}-{place}"
    return next((name for name, one in _common() if _found(one, folded, together)), None)


def _found(phrase: _Phrase, folded: str, together: str) -> bool:
    return bool(phrase.needed) and phrase.needed in together and phrase.pattern.search(folded) is not None


def _folded(text: str) -> str:
    """Words with one space between them and `|` where a clause ends, in one spelling.

    Case, accents, apostrophes, vowel signs and repeated letters do not matter, nor do digits that stand for
    letters.
    """
    visible = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    decomposed = unicodedata.normalize("NFD", visible.replace("\n", "|").casefold())
    plain = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_ONE_SPELLING)
    plain = _DOTS_WITHIN_A_WORD.sub("", _APOSTROPHES.sub("", plain))
    plain = _ENDS.sub(f" {_END} ", _JOINS.sub(" ", plain))
    return " ".join(map(_letters, _REPEATED.sub(r"\1", plain).split()))


def _letters(word: str) -> str:
    """A word with letters for the digits between its letters, as in `k1ll`."""
    return word.translate(_DIGITS_FOR_LETTERS) if word[0].isalpha() and word[-1].isalpha() else word


def _joins_of_study(phrase: str) -> Joins:
    script = unicodedata.name(next((c for c in phrase if c.isalpha()), "a"), "")
    return "anything" if script.startswith("ARABIC") else "nothing"


@cache
def _common() -> tuple[tuple[str, _Phrase], ...]:
    """The phrases of every language, with their names."""
    joins: dict[str, Joins] = {"ar": "anything", "he": "hebrew"}
    return tuple(
        (f"common-{language.lower()}-{place}", _phrase(phrase, joins.get(language, "nothing")))
        for language, locale in all_locales().items()
        for place, phrase in enumerate(locale.crisis, start=1)
    )


@lru_cache(maxsize=4096)
def _phrase(phrase: str, joins: Joins) -> _Phrase:
    """A phrase as it is written in a list: see `Locale.crisis`."""
    words = phrase.split()
    ends_clause = words[-1:] == [_END]
    pattern, runs = "", [""]
    for place, word in enumerate(words[:-1] if ends_clause else words):
        if word == _GAP:
            pattern += " (?:[^ |]+ ){0,2}"
            runs.append("")
            continue
        between = "" if place == 0 or words[place - 1] == _GAP else " ?"
        pattern += between + " ?".join(_units(word.removesuffix(_ANY), runs))
        if word.endswith(_ANY):
            pattern += "[^ |]*"
            runs.append("")
    begin, end = _edges(joins)
    if ends_clause:
        end = r" *(?:\||$)"
    elif phrase.endswith(_ANY):
        end = ""
    needed = max((_REPEATED.sub(r"\1", run) for run in runs), key=len)
    return _Phrase(re.compile(begin + pattern + end), needed)


def _units(word: str, runs: list[str]) -> Iterator[str]:
    """A word's letters as patterns; appends to the last of `runs`, and begins another after an umlaut."""
    for part in re.split("([\u00e4\u00f6\u00fc])", unicodedata.normalize("NFC", word).casefold()):
        if part in _UMLAUTS:
            yield f"{_UMLAUTS[part]}e?"
            runs.append("")
            continue
        letters = _folded(part).replace(" ", "")
        runs[-1] += letters
        # "can not" keeps two letters that are one in "cannot".
        yield from (f"{re.escape(c)}(?: ?{re.escape(c)})?" for c in letters)


def _edges(joins: Joins) -> tuple[str, str]:
    """What must stand before and after a phrase, as patterns."""
    match joins:
        case "nothing":
            return r"(?<![^ |])", r"(?![^ |])"
        case "hebrew":
            return rf"(?<![^ |]){_HEBREW_JOINED}", r"(?![^ |])"
        case "anything":
            return "", ""
        case _:
            assert_never(joins)
