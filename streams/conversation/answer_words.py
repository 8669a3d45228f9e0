"""Words of which answers are made, in every language: participants do not always use their own."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from locales import Answers, all_locales, known_locale
from locales.plain_text import plain, plain_words


@cache
def yes_words() -> frozenset[str]:
    """Ways to say yes."""
    return _every(lambda answers: answers.yes)


@cache
def no_words() -> frozenset[str]:
    """Ways to say no."""
    return _every(lambda answers: answers.no)


@cache
def fillers() -> frozenset[str]:
    """Words that change nothing about a number."""
    return _every(lambda answers: answers.fillers)


@cache
def filler_phrases() -> re.Pattern[str]:
    """Fillers of several words, with the space that follows them."""
    phrases = (phrase for phrase in fillers() if " " in phrase)
    return re.compile(rf"(?<!\S)(?:{_alternatives(phrases)}) ")


@cache
def out_of() -> re.Pattern[str]:
    """What may stand between a number and its maximum: a slash, or words such as "out of"."""
    return re.compile(
        rf"(?<=\d)\s*(?:/|\s(?:{_alternatives(_every(lambda answers: answers.out_of))})\s)\s*(?=\d)"
    )


@cache
def number_words(language: str) -> Mapping[str, str]:
    """Digits by number word, for languages that list their own."""
    locale = known_locale(language)
    if locale is None:
        return {}
    return {
        plain(word): str(number) for number, words in locale.answers.number_words.items() for word in words
    }


def _every(phrases: Callable[[Answers], Iterable[str]]) -> frozenset[str]:
    return plain_words(phrase for locale in all_locales().values() for phrase in phrases(locale.answers))


def _alternatives(phrases: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(phrases)))
