"""Translating `show_if` to and from REDCap's branching logic and XLSForm's `relevant`.

A condition is translated only if it means the same whenever its items are answered. An unanswered item makes
every comparison false in wellstream; REDCap treats it as empty text, XLSForm as a missing number.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from schemas.study import ItemKind
from schemas.study.conditions import OPERATORS, Both, Compare, Condition, Has, Not, parse_condition

Kinds = Mapping[str, ItemKind]
"""The kind of each item, by its id."""


@dataclass(frozen=True)
class Asked:
    """An earlier item that a condition in the other format may refer to.

    Attributes:
        id: Its id in wellstream.
        kind: Its kind in wellstream.
        codes: The other format's codes, each with the option id it stands for, or 1 and 0 for yes and no.
    """

    id: str
    kind: ItemKind
    codes: Mapping[str, str] = field(default_factory=dict)


Earlier = Mapping[str, Asked]
"""The earlier items, by their names in the other format."""

OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_LONGEST = 500
_REDCAP = re.compile(
    r"\[(?P<item>[a-z0-9_]+)(?:\((?P<code>[^()\[\]]+)\))?\]\s*(?P<sign><>|!=|<=|>=|=|<|>)\s*"
    r"(?P<quote>['\"]?)(?P<value>[^'\"()\s]*)(?P=quote)"
)
_XLS_SELECTED = re.compile(
    r"selected\(\s*\$\{(?P<item>[^}]+)\}\s*,\s*(?P<quote>['\"])(?P<value>.+?)(?P=quote)\s*\)"
)
_XLS_COMPARED = re.compile(
    r"\$\{(?P<item>[^}]+)\}\s*(?P<sign><=|>=|!=|=|<|>)\s*(?P<quote>['\"]?)(?P<value>[^'\"\s()]+)(?P=quote)"
)
_TICKED = {
    ("=", "1"): "=",
    ("<>", "0"): "=",
    ("!=", "0"): "=",
    ("=", "0"): "!=",
    ("<>", "1"): "!=",
    ("!=", "1"): "!=",
}


class CannotExpress(ValueError):
    """A condition that `show_if` cannot express; the message says why."""


def answers_of(compare: Compare) -> list[int]:
    """The answers to a yes (1) or no (0) question for which a comparison holds."""
    return [answer for answer in (1, 0) if OPERATORS[compare.sign](answer, compare.number)]


def to_redcap(condition: Condition, kinds: Kinds) -> str:
    """Branching logic, such as `[stress] >= 7 and [coping(problem_solving)] = '1'`."""
    match condition:
        case Compare(item, sign, number):
            return f"[{_redcap(item)}] {'<>' if sign == '!=' else sign} '{number}'"
        case Has(item, option):
            return _redcap_has(item, option, kinds, selected=True)
        case Not(inner):
            return _redcap_not(inner, kinds)
        case Both(word, left, right):
            return f"({to_redcap(left, kinds)}) {word} ({to_redcap(right, kinds)})"


def from_redcap(text: str, earlier: Earlier) -> Condition:
    """Parse branching logic.

    Raises:
        CannotExpress: `show_if` has no equivalent.
    """

    def comparison(found: re.Match[str]) -> str:
        asked = _asked(found["item"], earlier)
        sign, value = found["sign"].replace("<>", "!="), found["value"]
        if not found["code"]:
            return _leaf(asked, sign, value)
        if asked.kind != "choices" or (sign, value) not in _TICKED:
            raise CannotExpress(f"{found[0]!r} must compare the checkbox option with 1 (ticked) or 0")
        return _leaf(asked, _TICKED[sign, value], found["code"], ticked=True)

    _check_rest(_REDCAP.sub(" ", text))
    return _parsed(_REDCAP.sub(comparison, text))


def to_xlsform(condition: Condition, kinds: Kinds) -> str:
    """A `relevant` expression, such as `${stress} >= 7 and selected(${coping}, 'problem_solving')`."""
    match condition:
        case Compare(item, sign, number):
            if kinds.get(item) == "yes_no":
                return _xlsform_yes_no(condition)
            return f"${{{item}}} {sign} {number}"
        case Has(item, option):
            return f"selected(${{{item}}}, '{option}')"
        case Not(inner):
            return f"not({to_xlsform(inner, kinds)})"
        case Both(word, left, right):
            return f"({to_xlsform(left, kinds)}) {word} ({to_xlsform(right, kinds)})"


def _xlsform_yes_no(condition: Compare) -> str:
    item = f"${{{condition.item}}}"
    matches = [f"{item} = '{'yes' if answer else 'no'}'" for answer in answers_of(condition)]
    # XLSForm has no constant for false, but no answer is both yes and no.
    return " or ".join(matches) or f"{item} = 'yes' and {item} = 'no'"


def from_xlsform(text: str, earlier: Earlier) -> Condition:
    """Parse a `relevant` expression.

    Raises:
        CannotExpress: `show_if` has no equivalent.
    """

    def selected(found: re.Match[str]) -> str:
        return _leaf(_asked(found["item"], earlier), "=", found["value"], ticked=True)

    def compared(found: re.Match[str]) -> str:
        return _leaf(_asked(found["item"], earlier), found["sign"], found["value"])

    _check_rest(_XLS_COMPARED.sub(" ", _XLS_SELECTED.sub(" ", text)))
    translated = _XLS_COMPARED.sub(compared, _XLS_SELECTED.sub(selected, text))
    return _parsed(translated.replace("not(", "not ("))


def format_condition(condition: Condition) -> str:
    """Write a condition as `show_if` takes it, with as few parentheses as possible."""
    match condition:
        case Compare(item, sign, number):
            return f"{item} {sign} {number}"
        case Has(item, option):
            return f"{item} has {option}"
        case Not(inner):
            return (
                f"not ({format_condition(inner)})"
                if isinstance(inner, Both)
                else f"not {format_condition(inner)}"
            )
        case Both(word, left, right):
            parts = (
                f"({format_condition(part)})"
                if isinstance(part, Both) and part.word != word
                else format_condition(part)
                for part in (left, right)
            )
            return f" {word} ".join(parts)


def show_if(text: str, earlier: Earlier, read: Callable[[str, Earlier], Condition]) -> str:
    """Translate another format's condition to `show_if`.

    Raises:
        CannotExpress: `show_if` has no equivalent.
    """
    translated = format_condition(read(text, earlier))
    if len(translated) > _LONGEST:
        raise CannotExpress(f"it is longer than {_LONGEST} characters in `show_if`")
    _parsed(translated)
    return translated


def _asked(name: str, earlier: Earlier) -> Asked:
    if name not in earlier:
        raise CannotExpress(f"it refers to {name}, which is not an earlier item")
    return earlier[name]


def _leaf(asked: Asked, sign: str, value: str, *, ticked: bool = False) -> str:
    """One comparison as `show_if` takes it."""
    match asked.kind:
        case "choice":
            return _has(asked, sign, value)
        case "choices":
            return _has(asked, sign if ticked else "", value)
        case "scale" | "yes_no":
            # With a single answer, selected(${mood}, '3') means mood = 3.
            return _number(asked, "=" if ticked else sign, value)
        case "text":
            raise CannotExpress(f"{asked.id} is free text, which is encrypted and cannot be compared")
        case _:
            assert_never(asked.kind)


def _has(asked: Asked, sign: str, value: str) -> str:
    if value not in asked.codes:
        raise CannotExpress(f"{asked.id} has no answer {value!r}")
    if sign not in ("=", "!="):
        raise CannotExpress(f"{asked.id} is not a number, so it cannot be compared with {value!r}")
    return f"({'' if sign == '=' else 'not '}{asked.id} has {asked.codes[value]})"


def _number(asked: Asked, sign: str, value: str) -> str:
    number = asked.codes.get(value, value)
    if not re.fullmatch(r"[+-]?\d{1,6}", number):
        raise CannotExpress(f"{asked.id} is compared with {value!r}, which is not a whole number")
    return f"{asked.id} {sign} {number}"


def _check_rest(rest: str) -> None:
    """Refuse anything but `and`, `or`, `not` and parentheses between the comparisons, `has` included."""
    others = re.sub(r"\b(?:and|or|not)\b|[()]", " ", rest, flags=re.IGNORECASE).strip()
    if others:
        raise CannotExpress(f"{others.split()[0]!r} has no equivalent in `show_if`")


def _parsed(text: str) -> Condition:
    try:
        return parse_condition(re.sub(r"\b(AND|OR|NOT|And|Or|Not)\b", lambda word: word[0].lower(), text))
    except ValueError:
        raise CannotExpress("`show_if` has no equivalent") from None


def _redcap(name: str) -> str:
    return name.replace("-", "_")


def _redcap_has(item: str, option: str, kinds: Kinds, *, selected: bool) -> str:
    if kinds.get(item) == "choice":
        return f"[{_redcap(item)}] {'=' if selected else '<>'} '{_redcap(option)}'"
    return f"[{_redcap(item)}({_redcap(option)})] = '{int(selected)}'"


def _redcap_not(inner: Condition, kinds: Kinds) -> str:
    """REDCap has no `not`, so it is pushed down and inverts the comparisons."""
    match inner:
        case Compare(item, sign, number):
            return to_redcap(Compare(item, OPPOSITE[sign], number), kinds)
        case Has(item, option):
            return _redcap_has(item, option, kinds, selected=False)
        case Not(negated):
            return to_redcap(negated, kinds)
        case Both(word, left, right):
            other = "or" if word == "and" else "and"
            return f"({_redcap_not(left, kinds)}) {other} ({_redcap_not(right, kinds)})"
