"""Reading the answers in a text message, or the reason why it has none. Never guesses and never clamps.

A text counts only if every word in it is accounted for: a number, the name of an item, or a filler ("I feel
like a 7"). Anything left over ("not 7", "6 or 7", "7 am") makes the text ambiguous, and the question is asked
again. The words themselves are in `locales/`, and those of every language count.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from text_to_num import alpha2digit

from locales.plain_text import plain
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
from streams.conversation.answer_words import (
    filler_phrases,
    fillers,
    no_words,
    number_words,
    out_of,
    yes_words,
)

LONGEST = 320
_NUMBER = r"[+-]?\d{1,6}(?:/\d{1,6})?"
_IS_NUMBER = re.compile(rf"^{_NUMBER}$")
_TIGHT = re.compile(r"^\d{1,3}(?:,\d{1,3}){2,}$")
_LIST = re.compile(rf"^{_NUMBER}(?:(?:\s*[,;]\s+|\s+){_NUMBER})*$")
_GAPS = re.compile(r"\s*[:=]\s*|[,;](?=\s|$)|(?<=[^\d\s])[.!](?=\s|$)|(?<=\d)[.!](?=\s*$)")

_Answer = int | tuple[str, ...]


@dataclass(frozen=True)
class Parsed:
    """Answers by item id, and the rule that found them: `in-order`, `by-name`, `single` or `words`."""

    answers: dict[str, _Answer]
    rule: str


@dataclass(frozen=True)
class Refused:
    """Why a text has no answers. The detail quotes nothing from the text."""

    reason: Reason
    detail: str


def parse(text: str, study: Study, language: str, asked: Sequence[Item] | None = None) -> Parsed | Refused:
    """Read a text such as `7 3 5`, `mood 7 stress 3`, `seven` or `7 out of 10`.

    Digits of every script are read, and number words if their language can be read. Numbers without names
    must be as many as the items asked, in the same order.

    Args:
        text: The text as it was sent.
        study: The study whose items are asked.
        language: The participant's. Names and number words are looked up in it first, then in the study's
            other languages.
        asked: The items asked, in order; the study's `sms` items by default.
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
    """The item that a word names, in the participant's language or else in another language of the study."""
    for tongue in (language, *study.languages):
        for item in study.items:
            if any(name == plain(word) for word in item.sms.get(tongue, ())):
                return item
    return None


def _read(written: str, items: Sequence[Item], study: Study, language: str) -> Parsed | Refused:
    written = out_of().sub("/", written)
    if _TIGHT.match(written):  # "7,4" may be a decimal number, "7,3,5" cannot
        written = written.replace(",", " ")
    if _LIST.match(written):
        return _in_order(re.findall(_NUMBER, written), items)
    written = filler_phrases().sub("", written)
    tokens = [token for token in _GAPS.sub(" ", written).split() if token not in fillers()]
    return _by_name(tokens, items, study, language)


def _in_order(numbers: list[str], items: Sequence[Item]) -> Parsed | Refused:
    if len(numbers) != len(items) or not items:
        return Refused(
            Reason.AMBIGUOUS if len(items) == 1 else Reason.NOT_UNDERSTOOD,
            f"{len(numbers)} numbers for {len(items)} questions",
        )
    return _values(list(zip(items, numbers, strict=True)), "single" if len(items) == 1 else "in-order")


def _by_name(tokens: list[str], items: Sequence[Item], study: Study, language: str) -> Parsed | Refused:
    named = [item_named(token, study, language) for token in tokens]
    if not any(map(_IS_NUMBER.match, tokens)):
        return Refused(Reason.NOT_UNDERSTOOD, "no number in the text")
    if any(named):
        return _pairs(tokens, named)
    if not all(map(_IS_NUMBER.match, tokens)):
        return Refused(Reason.AMBIGUOUS, "words besides the numbers")
    return _in_order(tokens, items)


def _pairs(tokens: list[str], named: list[Item | None]) -> Parsed | Refused:
    """Names, each followed by its number, with nothing left over."""
    found: dict[str, tuple[Item, str]] = {}
    left = list(tokens)
    for place, item in enumerate(named):
        if item is None:
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if not _IS_NUMBER.match(after):
            return Refused(Reason.AMBIGUOUS, f"no number follows {item.id}")
        if item.id in found:
            return Refused(Reason.AMBIGUOUS, f"{item.id} is named twice")
        found[item.id] = item, after
        left[place] = left[place + 1] = ""
    rest = [token for token in left if token]
    if rest and all(bool(_IS_NUMBER.match(token)) == bool(place % 2) for place, token in enumerate(rest)):
        return Refused(Reason.UNKNOWN_ITEM, "a name that belongs to no item of the study")
    if rest:
        return Refused(Reason.AMBIGUOUS, "words besides the names and numbers")
    return _values(list(found.values()), "by-name")


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
            return Refused(Reason.UNKNOWN_ITEM, f"{item.id} does not take a number")
        case _:
            assert_never(item)


def _on_scale(item: str, scale: Scale, number: str) -> int | Refused:
    value, _, denominator = number.partition("/")
    if denominator and int(denominator) != scale.max:
        return Refused(
            Reason.AMBIGUOUS, f"{item}: the number after the slash is not the maximum of the scale"
        )
    if not scale.min <= int(value) <= scale.max:
        return Refused(Reason.OUT_OF_RANGE, f"{item}: outside {scale.min} to {scale.max}")
    return int(value)


def _numbered(item: str, options: Sequence[Option], number: str) -> tuple[str] | Refused:
    value, _, denominator = number.partition("/")
    if denominator or not 1 <= int(value) <= len(options):
        return Refused(Reason.OUT_OF_RANGE, f"{item}: outside 1 to {len(options)}")
    return (options[int(value) - 1].id,)


def _choice(written: str, items: Sequence[Item], study: Study, language: str) -> Parsed | None:
    """A single answer in words: yes or no, or the words of an option."""
    if len(items) != 1:
        return None
    (item,) = items
    match item:
        case YesNoItem():
            return (
                Parsed({item.id: int(written in yes_words())}, "words")
                if written in yes_words() | no_words()
                else None
            )
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
    """The text with number words as digits; unchanged if those of the language cannot be read."""
    words = number_words(language)
    if words:
        return " ".join(words.get(token, token) for token in written.split())
    try:
        return str(alpha2digit(written, language, 0))
    except ValueError:
        return written
