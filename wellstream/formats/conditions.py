"""`show_if` in other languages: REDCap's branching logic and XLSForm's `relevant`.

A condition is carried only if it can be said exactly for items that were answered. One that was not answered
makes every comparison false here; REDCap takes it for an empty text, XLSForm for a missing number.
"""

import re
from collections.abc import Mapping

from schemas.conditions import Both, Compare, Condition, Has, Not, parse_condition
from schemas.study import ItemKind

Kinds = Mapping[str, ItemKind]
"""The kind of each item, by its id."""

_YES_NO = {"yes": "1", "no": "0"}
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_REDCAP = re.compile(
    r"\[(?P<item>[a-z0-9_]+)(?:\((?P<code>[A-Za-z0-9_-]+)\))?\]\s*(?P<sign><>|!=|<=|>=|=|<|>)\s*"
    r"(?P<quote>['\"]?)(?P<value>[^'\"()\s]*)(?P=quote)"
)
_XLS_SELECTED = re.compile(r"selected\(\s*\$\{([^}]+)\}\s*,\s*'([^']+)'\s*\)")
_XLS_COMPARED = re.compile(r"\$\{([^}]+)\}\s*(<=|>=|!=|=|<|>)\s*('?)([^'\s()]+)\3")


def to_redcap(condition: Condition, kinds: Kinds) -> str:
    """Branching logic, such as `[stress] >= 7 and [coping(problem_solving)] = '1'`."""
    match condition:
        case Compare(item, sign, number):
            return f"[{_redcap(item)}] {'<>' if sign == '!=' else sign} '{number}'"
        case Has(item, option):
            return _redcap_has(item, option, kinds, there=True)
        case Not(inner):
            return _redcap_not(inner, kinds)
        case Both(word, left, right):
            return f"({to_redcap(left, kinds)}) {word} ({to_redcap(right, kinds)})"


def from_redcap(text: str, kinds: Kinds) -> Condition | None:
    """The condition that branching logic is; None if our language cannot say it."""
    failed = False

    def one(found: re.Match[str]) -> str:
        nonlocal failed
        item, code, sign, value = found["item"], found["code"], found["sign"], found["value"]
        if code:
            known = {("=", "1"): "", ("<>", "0"): "", ("!=", "0"): ""}
            known |= {("=", "0"): "not ", ("<>", "1"): "not ", ("!=", "1"): "not "}
            failed = failed or (sign, value) not in known
            return f"({known.get((sign, value), '')}{item} has {code})"
        if kinds.get(item) == "choice":
            failed = failed or sign not in ("=", "<>", "!=") or not value
            return f"({'' if sign == '=' else 'not '}{item} has {value})"
        return f"{item} {'!=' if sign == '<>' else sign} {value}"

    return None if not (said := _REDCAP.sub(one, text)) or failed else _parsed(said, kinds)


def to_xlsform(condition: Condition, kinds: Kinds) -> str:
    """A `relevant` expression, such as `${stress} >= 7 and selected(${coping}, 'problem_solving')`."""
    match condition:
        case Compare(item, sign, number):
            if kinds.get(item) == "yes_no":
                return f"${{{item}}} {sign} '{'yes' if number else 'no'}'"
            return f"${{{item}}} {sign} {number}"
        case Has(item, option):
            return f"selected(${{{item}}}, '{option}')"
        case Not(inner):
            return f"not({to_xlsform(inner, kinds)})"
        case Both(word, left, right):
            return f"({to_xlsform(left, kinds)}) {word} ({to_xlsform(right, kinds)})"


def from_xlsform(text: str, kinds: Kinds) -> Condition | None:
    """The condition that a `relevant` expression is; None if our language cannot say it."""

    def one(found: re.Match[str]) -> str:
        item, sign, _, value = found.groups()
        if kinds.get(item) == "yes_no":
            return f"{item} {sign} {_YES_NO.get(value, value)}"
        if kinds.get(item) in ("choice", "choices"):
            return f"({'not ' if sign == '!=' else ''}{item} has {value})"
        return f"{item} {sign} {value}"

    said = _XLS_SELECTED.sub(r"\1 has \2", text)
    return _parsed(_XLS_COMPARED.sub(one, said).replace("not(", "not ("), kinds)


def written(condition: Condition) -> str:
    """The condition in our own language."""
    match condition:
        case Compare(item, sign, number):
            return f"{item} {sign} {number}"
        case Has(item, option):
            return f"{item} has {option}"
        case Not(inner):
            return f"not ({written(inner)})"
        case Both(word, left, right):
            return f"({written(left)}) {word} ({written(right)})"


def _parsed(said: str, kinds: Kinds) -> Condition | None:
    try:
        return parse_condition(re.sub(r"\b(AND|OR|NOT|And|Or|Not)\b", lambda word: word[0].lower(), said))
    except ValueError:
        return None


def _redcap(name: str) -> str:
    return name.replace("-", "_")


def _redcap_has(item: str, option: str, kinds: Kinds, *, there: bool) -> str:
    if kinds.get(item) == "choice":
        return f"[{_redcap(item)}] {'=' if there else '<>'} '{_redcap(option)}'"
    return f"[{_redcap(item)}({_redcap(option)})] = '{int(there)}'"


def _redcap_not(inner: Condition, kinds: Kinds) -> str:
    """REDCap has no `not`: it goes down to the comparisons, which turn round."""
    match inner:
        case Compare(item, sign, number):
            return to_redcap(Compare(item, _OPPOSITE[sign], number), kinds)
        case Has(item, option):
            return _redcap_has(item, option, kinds, there=False)
        case Not(twice):
            return to_redcap(twice, kinds)
        case Both(word, left, right):
            other = "or" if word == "and" else "and"
            return f"({_redcap_not(left, kinds)}) {other} ({_redcap_not(right, kinds)})"
