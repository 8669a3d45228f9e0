"""Parsing the form's fields into answers: pure functions, without Kafka, vault or clock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

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

LONGEST_TEXT = 1000
HELPER_FIELDS = frozenset(
    ["submission_id", "SimulatedAt", "Action", "Seen", "OpenedAt", "StartedAt", "AnsweredAt"]
)
"""Fields of the form that are not items. No item's id can contain a capital letter."""

RawAnswer = int | tuple[str, ...] | str
"""A number, the ids of the chosen options, or free text that is not sealed yet."""

Complaint = Literal["missing", "empty", "conflict", "too_long", "unknown_item", "out_of_range"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field; `item` is the field's name, empty for the form as a whole."""

    item: str
    complaint: Complaint

    @property
    def reason(self) -> Reason | None:
        """Why the form becomes a dead letter; None if the participant can correct the field."""
        if self.complaint == "unknown_item":
            return Reason.UNKNOWN_ITEM
        return Reason.OUT_OF_RANGE if self.complaint == "out_of_range" else None


@dataclass(frozen=True)
class Reading:
    """The parsed form: answers by item id, and problems in the order of the study's items."""

    answers: dict[str, RawAnswer] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_form(
    study: Study, fields: Iterable[tuple[str, str]], shown: Collection[str] | None = None
) -> Reading:
    """Parse a form. An item left empty is absent from the answers; nothing is guessed or clamped.

    If an item's `show_if` does not hold for the answers before it, an answer to it is dropped and its absence
    is no problem.

    Args:
        study: The definition that the form was built from.
        fields: Names and values as sent; an item of kind `choices` repeats its name.
        shown: Ids of the items that the participant has seen; None for all.
    """
    given = _by_name(fields)
    answers: dict[str, RawAnswer] = {}
    problems: list[Problem] = []
    for item in study.items:
        values = given.pop(item.id, [])
        if (shown is not None and item.id not in shown) or not is_asked(item, answers):
            continue
        answer, complaint = _read(item, values) if values else (None, None)
        if complaint is None and answer is None and item.required:
            complaint = "missing"
        if complaint is not None:
            problems.append(Problem(item.id, complaint))
        elif answer is not None:
            answers[item.id] = answer
    if given:
        problems.append(Problem("", "unknown_item"))
    if not answers and not problems:
        problems.append(Problem(study.items[0].id, "empty"))
    return Reading(answers, tuple(problems))


def is_asked(item: Item, answers: dict[str, RawAnswer]) -> bool:
    """Whether an item is asked, given these answers; free text never decides that."""
    return item.asked({name: answer for name, answer in answers.items() if not isinstance(answer, str)})


def _by_name(fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in fields:
        # Browsers send a line break as CRLF but count it as one character; scripts send LF.
        words = value.replace("\r\n", "\n").strip()
        if name not in HELPER_FIELDS and words:
            given[name].append(words)
    return given


_Read = tuple[RawAnswer | None, Complaint | None]


def _read(item: Item, values: list[str]) -> _Read:
    match item:
        case ScaleItem():
            return _scale(item.scale, values)
        case ChoiceItem():
            return _choice(item.options, values)
        case MultipleChoiceItem():
            return _choices(item.options, values)
        case YesNoItem():
            return _yes_no(values)
        case TextItem():
            return _text(values)
        case _:
            assert_never(item)


def _scale(scale: Scale, values: list[str]) -> _Read:
    number = _integer(values[0]) if len(values) == 1 else None
    if number is None or not scale.min <= number <= scale.max:
        return None, "out_of_range"
    return number, None


def _integer(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 4 else None


def _choice(options: Sequence[Option], values: list[str]) -> _Read:
    if len(values) != 1 or values[0] not in {option.id for option in options}:
        return None, "out_of_range"
    return (values[0],), None


def _choices(options: Sequence[Option], values: list[str]) -> _Read:
    if not set(values) <= {option.id for option in options}:
        return None, "out_of_range"
    chosen = [option for option in options if option.id in values]
    if len(chosen) > 1 and any(option.exclusive for option in chosen):
        return None, "conflict"
    return tuple(option.id for option in chosen), None


def _yes_no(values: list[str]) -> _Read:
    return (int(values[0]), None) if values in (["0"], ["1"]) else (None, "out_of_range")


def _text(values: list[str]) -> _Read:
    words = "\n".join(values)
    return (words, None) if len(words) <= LONGEST_TEXT else (None, "too_long")
