"""Conditions for asking an item: a small language about earlier answers, parsed and never evaluated as code.

    condition := all ("or" all)*
    all       := one ("and" one)*
    one       := "not" one | "(" condition ")" | item ("=" | "!=" | "<" | "<=" | ">" | ">=") number
               | item "has" option

A comparison with an unanswered item is false, whatever the operator.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Answered = Mapping[str, float | tuple[str, ...]]
"""Answers by item id: a number (yes is 1, no is 0), or the ids of the chosen options."""

OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TOKEN = re.compile(
    r"\s*(?:(?P<sign><=|>=|!=|[=<>()])|(?P<number>[+-]?\d{1,6}\b)|(?P<word>[a-z][a-z0-9_-]*))"
)
_WORDS = frozenset({"and", "or", "not", "has"})
_DEEPEST = 20


@dataclass(frozen=True)
class Compare:
    """An item's number compared with a constant."""

    item: str
    sign: str
    number: int


@dataclass(frozen=True)
class Has:
    """An option is among those chosen."""

    item: str
    option: str


@dataclass(frozen=True)
class Not:
    """The negation of a condition."""

    inner: "Condition"


@dataclass(frozen=True)
class Both:
    """`and` or `or` of two conditions."""

    word: str
    left: "Condition"
    right: "Condition"


Condition = Compare | Has | Not | Both


def parse_condition(text: str) -> Condition:
    """Parse a condition such as `stress >= 7 and not coping has problem_solving`.

    Raises:
        ValueError: It cannot be parsed; the message says where.
    """
    parser = _Parser(_tokens(text), text)
    found = parser.any_of()
    if parser.left:
        raise ValueError(f"{text!r}: {parser.left[0]!r} is unexpected")
    return found


def holds(condition: Condition, answers: Answered) -> bool:
    """Whether a condition holds for the answers."""
    match condition:
        case Compare(item, sign, number):
            answer = answers.get(item)
            return isinstance(answer, int | float) and OPERATORS[sign](answer, number)
        case Has(item, option):
            answer = answers.get(item)
            return isinstance(answer, tuple) and option in answer
        case Not(inner):
            return not holds(inner, answers)
        case Both(word, left, right):
            if word == "and":
                return holds(left, answers) and holds(right, answers)
            return holds(left, answers) or holds(right, answers)


def leaves(condition: Condition) -> tuple[Compare | Has, ...]:
    """The comparisons in it, in order."""
    match condition:
        case Not(inner):
            return leaves(inner)
        case Both(_, left, right):
            return leaves(left) + leaves(right)
        case _:
            return (condition,)


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(text.rstrip()):
        token = _TOKEN.match(text, place)
        if token is None:
            raise ValueError(f"{text!r}: cannot be parsed at {text[place:].strip()[:10]!r}")
        found.append(token.group().strip())
        place = token.end()
    return found


class _Parser:
    """Recursive descent over the remaining tokens."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self.left = tokens
        self._text = text
        self._depth = 0

    def any_of(self) -> Condition:
        found = self._all_of()
        while self._skip("or"):
            found = Both("or", found, self._all_of())
        return found

    def _all_of(self) -> Condition:
        found = self._one()
        while self._skip("and"):
            found = Both("and", found, self._one())
        return found

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"{self._text!r}: nested too deeply")
        found = self._single()
        self._depth -= 1
        return found

    def _single(self) -> Condition:
        if self._skip("not"):
            return Not(self._one())
        if self._skip("("):
            inner = self.any_of()
            if not self._skip(")"):
                raise ValueError(f"{self._text!r}: a `)` is missing")
            return inner
        item = self._next("an item's id")
        if item in _WORDS or not item[0].isalpha():
            raise ValueError(f"{self._text!r}: expected an item's id, not {item!r}")
        if self._skip("has"):
            return Has(item, self._next("an option's id"))
        sign = self._next("one of = != < <= > >= or `has`")
        if sign not in OPERATORS:
            raise ValueError(f"{self._text!r}: expected = != < <= > >= or `has`, not {sign!r}")
        number = self._next("a number")
        try:
            return Compare(item, sign, int(number))
        except ValueError:
            raise ValueError(f"{self._text!r}: expected a number, not {number!r}") from None

    def _skip(self, word: str) -> bool:
        if self.left and self.left[0] == word:
            self.left = self.left[1:]
            return True
        return False

    def _next(self, expected: str) -> str:
        if not self.left:
            raise ValueError(f"{self._text!r}: expected {expected} at the end")
        first, *self.left = self.left
        return first
