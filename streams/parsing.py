"""From the words of a text to answers, or to the reason why not. Never guesses and never clamps."""

import re
import unicodedata
from dataclasses import dataclass

from schemas.events import Reason
from schemas.study import Item, Study

LONGEST = 320
_KEYCAP = str.maketrans("", "", "\ufe0f\u20e3")
_NUMBER = r"[+-]?\d{1,6}(?:/\d{1,6})?"
_LIST = re.compile(rf"^{_NUMBER}(?:(?:\s*[,;]\s+|\s+){_NUMBER})*$")
_NAMED = re.compile(rf"([^\W\d_]+)\s*[:=]?\s*({_NUMBER})(?=$|[\s,;.])[\s,;.]*")


@dataclass(frozen=True)
class Parsed:
    """Answers by item id, and the rule that read them: `in-order` or `by-name`."""

    answers: dict[str, int]
    rule: str


@dataclass(frozen=True)
class Refused:
    """Why a text gives no answers; the detail holds nothing of the text."""

    reason: Reason
    detail: str


def parse(text: str, study: Study, language: str) -> Parsed | Refused:
    """Read a text such as `7 3 5` or `mood 7 stress 3`.

    Digits of every script count, and `7/10` where 10 is the scale's maximum. Numbers without names must
    be exactly as many as the study's `sms` items, in their order.

    Args:
        text: As it was sent.
        study: Whose items are meant.
        language: The participant's; names of items are looked up in it, then in all others.
    """
    plain = _plain(text)
    if not plain or len(plain) > LONGEST:
        return Refused(Reason.NOT_UNDERSTOOD, "the text is empty" if not plain else "the text is too long")
    if _LIST.match(plain):
        return _in_order(re.findall(_NUMBER, plain), study)
    return _by_name(plain, study, language)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.replace("🔟", "10").translate(_KEYCAP)).casefold()
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)
    return "".join(digits).replace("،", ",").strip().rstrip(".!")


def _in_order(numbers: list[str], study: Study) -> Parsed | Refused:
    items = [item for item in study.items if item.id in study.sms]
    items.sort(key=lambda item: study.sms.index(item.id))
    if len(numbers) != len(items) or not items:
        return Refused(Reason.NOT_UNDERSTOOD, f"{len(numbers)} numbers where {len(items)} are asked")
    return _values(list(zip(items, numbers, strict=True)), "in-order")


def _by_name(plain: str, study: Study, language: str) -> Parsed | Refused:
    pairs = _NAMED.findall(plain)
    if not pairs or _NAMED.sub("", plain).strip():
        return Refused(Reason.NOT_UNDERSTOOD, "neither numbers nor names with numbers")
    named: list[tuple[Item, str]] = []
    for name, number in pairs:
        item = _item(name, study, language)
        if item is None:
            return Refused(Reason.UNKNOWN_ITEM, "a name that is no item of the study")
        if any(item.id == other.id for other, _ in named):
            return Refused(Reason.NOT_UNDERSTOOD, f"{item.id} stands twice")
        named.append((item, number))
    return _values(named, "by-name")


def _item(name: str, study: Study, language: str) -> Item | None:
    for tongue in (language, *study.languages):
        for item in study.items:
            if any(name == _plain(word) for word in item.sms.get(tongue, ())):
                return item
    return None


def _values(pairs: list[tuple[Item, str]], rule: str) -> Parsed | Refused:
    answers: dict[str, int] = {}
    for item, number in pairs:
        value, _, denominator = number.partition("/")
        if item.scale is None:
            return Refused(Reason.UNKNOWN_ITEM, f"{item.id} is not answered with a number")
        if denominator and int(denominator) != item.scale.max:
            return Refused(Reason.NOT_UNDERSTOOD, f"{item.id}: a fraction of something else than its maximum")
        if not item.scale.min <= int(value) <= item.scale.max:
            return Refused(Reason.OUT_OF_RANGE, f"{item.id}: not from {item.scale.min} to {item.scale.max}")
        answers[item.id] = int(value)
    return Parsed(answers, rule)
