"""From the words of a text to answers, or to the reason why not. Never guesses and never clamps.

A text counts only if every word of it is accounted for: a number, the name of an item, or a word that
changes nothing ("I feel like a 7"). What is left over ("not 7", "6 or 7", "7 am") makes it ambiguous, and it
is asked again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from text_to_num import alpha2digit

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
from streams.conversation.plain import listed, plain

LONGEST = 320
_NUMBER = r"[+-]?\d{1,6}(?:/\d{1,6})?"
_IS_NUMBER = re.compile(rf"^{_NUMBER}$")
_TIGHT = re.compile(r"^\d{1,3}(?:,\d{1,3}){2,}$")
_LIST = re.compile(rf"^{_NUMBER}(?:(?:\s*[,;]\s+|\s+){_NUMBER})*$")
_OUT_OF = re.compile(r"(?<=\d)\s*(?:/|\s(?:out of|from|van de|van|op|sur|von|de|من)\s)\s*(?=\d)")
_GAPS = re.compile(r"\s*[:=]\s*|[,;](?=\s|$)|(?<=[^\d\s])[.!](?=\s|$)|(?<=\d)[.!](?=\s*$)")
_ARABIC_NUMBERS = (
    "صفر واحد اثنان ثلاثة اربعة خمسة ستة سبعة ثمانية تسعة عشرة",
    "صفر واحدة اثنين ثلاث اربع خمس ست سبع ثماني تسع عشر",
)
_ARABIC = {word: number for row in _ARABIC_NUMBERS for number, word in enumerate(row.split())}
_CHANGES_NOTHING = listed(
    """i i'm im feel feeling like a an my is it it's its today now right think say please answer score
    ik voel me mij ben een mijn is het vandaag nu denk zeg nog graag antwoord cijfer
    je suis sens un une mon ma est aujourd'hui maintenant ich bin fühle mich wie ein eine mein ist heute jetzt
    انا اشعر اليوم الان"""
)

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
    written = _OUT_OF.sub("/", written).replace("i am ", "i'm ")
    if _TIGHT.match(written):  # "7,4" may be a decimal; three numbers and more are none
        written = written.replace(",", " ")
    if _LIST.match(written):
        return _in_order(re.findall(_NUMBER, written), items)
    tokens = [token for token in _GAPS.sub(" ", written).split() if token not in _CHANGES_NOTHING]
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


_YES = listed("yes y yeah yep ja oui si sí نعم اجل")
_NO = listed("no n nope nee nein non لا كلا")


def _choice(written: str, items: Sequence[Item], study: Study, language: str) -> Parsed | None:
    """A single answer in words: yes or no, or the words of an option."""
    if len(items) != 1:
        return None
    (item,) = items
    match item:
        case YesNoItem():
            return Parsed({item.id: int(written in _YES)}, "words") if written in _YES | _NO else None
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
    """The text with its numbers in digits; as it is where the language has no reader."""
    if language == "ar":
        return " ".join(str(_ARABIC.get(token, token)) for token in written.split())
    try:
        return str(alpha2digit(written, language, 0))
    except ValueError:
        return written
