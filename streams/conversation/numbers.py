"""Reading the answers in a text message, or the reason why it has none. Never guesses and never clamps.

A text counts only if every word in it is accounted for: a number, the name of an item, or a filler ("I feel
like a 7"). Anything left over ("not 7", "6 or 7", "7 am") makes the text ambiguous, and the question is asked
again. The words themselves are in `locales/`, and those of every language count.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import assert_never

from text_to_num import alpha2digit

from locales import Answers, all_locales, known_locale
from schemas.events import Reason
from schemas.study import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    Option,
    Scale,
    ScaleItem,
    Study,
    TextItem,
    YesNoItem,
)
from streams.conversation.plain import plain, plain_words

LONGEST = 320
_NUMBER = r"[+-]?\d{1,6}(?:/\d{1,6})?"
_IS_NUMBER = re.compile(rf"^{_NUMBER}$")
_TIGHT = re.compile(r"^\d{1,3}(?:,\d{1,3}){2,}$")
_LIST = re.compile(rf"^{_NUMBER}(?:(?:\s*[,;]\s+|\s+){_NUMBER})*$")
_GAPS = re.compile(r"\s*[:=]\s*|[,;](?=\s|$)|(?<=[^\d\s])[.!](?=\s|$)|(?<=\d)[.!](?=\s*$)")

_Answer = int | tuple[str, ...]


@dataclass(frozen=True)
class Parsed:
    """Answers by item id, and the rule that read them: `in-order`, `by-name`, `single` or `words`."""

    answers: dict[str, _Answer]
    rule: str


@dataclass(frozen=True)
class Refused:
    """Why a text gives no answers; the detail holds nothing of the text."""

    reason: Reason
    detail: str


def parse(text: str, study: Study, language: str, asked: Sequence[Item] | None = None) -> Parsed | Refused:
    """Read a text such as `7 3 5`, `mood 7 stress 3`, `seven` or `7 out of 10`.

    Digits of every script count, and numbers in words where the language has a reader for them. Numbers
    without names must be exactly as many as were asked, in their order.

    Args:
        text: As it was sent.
        study: Whose items are meant.
        language: The participant's; names and number words are looked up in it, then in the study's others.
        asked: The items asked, in order; by default the study's `sms` items.
    """
    items = tuple(asked) if asked is not None else sms_items(study)
    written = plain(text).strip().rstrip(".!")
    if not written or len(written) > LONGEST:
        return Refused(Reason.NOT_UNDERSTOOD, "the text is too long" if written else "the text is empty")
    chosen = _choice(written, items, study, language)
    if chosen is not None:
        return chosen
    found = _read(written, items, study, language)
    if isinstance(found, Parsed):
        return found
    for tongue in dict.fromkeys((language, *study.languages)):
        spoken = _numerals(written, tongue.split("-")[0])
        if spoken != written:
            again = _read(spoken, items, study, language)
            if isinstance(again, Parsed):
                return again
            found = again if found.reason == Reason.NOT_UNDERSTOOD else found
    return found


def sms_items(study: Study) -> tuple[Item, ...]:
    """The items asked by SMS, in order."""
    return tuple(item for name in study.sms if (item := study.item(name)))


def item_named(name: str, study: Study, language: str) -> Item | None:
    """The item that a word names, in the participant's language or else in another one of the study's."""
    for tongue in (language, *study.languages):
        for item in study.items:
            if any(name == plain(word) for word in item.sms.get(tongue, ())):
                return item
    return None


def _read(written: str, items: Sequence[Item], study: Study, language: str) -> Parsed | Refused:
    written = _out_of().sub("/", written)
    if _TIGHT.match(written):  # "7,4" may be a decimal; three numbers and more are none
        written = written.replace(",", " ")
    if _LIST.match(written):
        return _in_order(re.findall(_NUMBER, written), items)
    written = _filler_phrases().sub("", written)
    tokens = [token for token in _GAPS.sub(" ", written).split() if token not in _fillers()]
    return _by_name(tokens, items, study, language)


def _in_order(numbers: list[str], items: Sequence[Item]) -> Parsed | Refused:
    if len(numbers) != len(items) or not items:
        return Refused(
            Reason.AMBIGUOUS if len(items) == 1 else Reason.NOT_UNDERSTOOD,
            f"{len(numbers)} numbers where {len(items)} are asked",
        )
    return _values(list(zip(items, numbers, strict=True)), "single" if len(items) == 1 else "in-order")


def _by_name(tokens: list[str], items: Sequence[Item], study: Study, language: str) -> Parsed | Refused:
    numbers = [token for token in tokens if _IS_NUMBER.match(token)]
    names = [
        (place, item) for place, token in enumerate(tokens) if (item := item_named(token, study, language))
    ]
    if not numbers:
        return Refused(Reason.NOT_UNDERSTOOD, "neither numbers nor names with numbers")
    if not names and len(numbers) < len(tokens):
        return Refused(Reason.AMBIGUOUS, "words besides the numbers")
    if not names:
        return _in_order(numbers, items)
    named: list[tuple[Item, str]] = []
    left = list(tokens)
    for place, item in names:
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if not _IS_NUMBER.match(after):
            return Refused(Reason.AMBIGUOUS, f"{item.id} is named without a number after it")
        if any(item.id == other.id for other, _ in named):
            return Refused(Reason.AMBIGUOUS, f"{item.id} stands twice")
        named.append((item, after))
        left[place] = left[place + 1] = ""
    rest = [token for token in left if token]
    if rest and all(bool(_IS_NUMBER.match(token)) == bool(place % 2) for place, token in enumerate(rest)):
        return Refused(Reason.UNKNOWN_ITEM, "a name that is no item of the study")
    if rest:
        return Refused(Reason.AMBIGUOUS, "words besides the names and the numbers")
    return _values(named, "by-name")


def _values(pairs: list[tuple[Item, str]], rule: str) -> Parsed | Refused:
    answers: dict[str, _Answer] = {}
    for item, number in pairs:
        value = _value(item, number)
        if isinstance(value, Refused):
            return value
        answers[item.id] = value
    return Parsed(answers, rule)


def _value(item: Item, number: str) -> _Answer | Refused:
    match item:
        case ScaleItem():
            return _on_scale(item.id, item.scale, number)
        case ChoiceItem():
            return _numbered(item.id, item.options, number)
        case YesNoItem() | MultipleChoiceItem() | TextItem():
            return Refused(Reason.UNKNOWN_ITEM, f"{item.id} is not answered with a number")
        case _:
            assert_never(item)


def _on_scale(item: str, scale: Scale, number: str) -> int | Refused:
    value, _, denominator = number.partition("/")
    if denominator and int(denominator) != scale.max:
        return Refused(Reason.AMBIGUOUS, f"{item}: a fraction of something other than its maximum")
    if not scale.min <= int(value) <= scale.max:
        return Refused(Reason.OUT_OF_RANGE, f"{item}: not from {scale.min} to {scale.max}")
    return int(value)


def _numbered(item: str, options: Sequence[Option], number: str) -> tuple[str] | Refused:
    value, _, denominator = number.partition("/")
    if denominator or not 1 <= int(value) <= len(options):
        return Refused(Reason.OUT_OF_RANGE, f"{item}: not from 1 to {len(options)}")
    return (options[int(value) - 1].id,)


def _choice(written: str, items: Sequence[Item], study: Study, language: str) -> Parsed | None:
    """A single answer in words: yes or no, or the words of an option."""
    if len(items) != 1:
        return None
    (item,) = items
    match item:
        case YesNoItem():
            return Parsed({item.id: int(written in _yes())}, "words") if written in _yes() | _no() else None
        case ChoiceItem():
            for option in item.options:
                if written in {plain(option.text.get(tongue, "")) for tongue in (language, *study.languages)}:
                    return Parsed({item.id: (option.id,)}, "words")
            return None
        case ScaleItem() | MultipleChoiceItem() | TextItem():
            return None
        case _:
            assert_never(item)


@lru_cache(maxsize=4096)
def _numerals(written: str, language: str) -> str:
    """The text with its number words as digits; unchanged if the language's cannot be read."""
    words = _number_words(language)
    if words:
        return " ".join(words.get(token, token) for token in written.split())
    try:
        return str(alpha2digit(written, language, 0))
    except ValueError:
        return written


@cache
def _number_words(language: str) -> Mapping[str, str]:
    locale = known_locale(language)
    if locale is None:
        return {}
    return {
        plain(word): str(number) for number, words in locale.answers.number_words.items() for word in words
    }


def _every(phrases: Callable[[Answers], Iterable[str]]) -> frozenset[str]:
    return plain_words(phrase for locale in all_locales().values() for phrase in phrases(locale.answers))


@cache
def _yes() -> frozenset[str]:
    return _every(lambda answers: answers.yes)


@cache
def _no() -> frozenset[str]:
    return _every(lambda answers: answers.no)


@cache
def _fillers() -> frozenset[str]:
    return _every(lambda answers: answers.fillers)


@cache
def _filler_phrases() -> re.Pattern[str]:
    """Fillers of several words, with the space that follows them."""
    phrases = sorted(phrase for phrase in _fillers() if " " in phrase)
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, phrases))}) ")


@cache
def _out_of() -> re.Pattern[str]:
    """What stands between a number and its maximum: a slash, or words in any language."""
    phrases = sorted(_every(lambda answers: answers.out_of), key=len, reverse=True)
    return re.compile(rf"(?<=\d)\s*(?:/|\s(?:{'|'.join(map(re.escape, phrases))})\s)\s*(?=\d)")
