"""The language of `show_if`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.study.conditions import (
    OPERATORS,
    Both,
    Compare,
    Condition,
    Has,
    Not,
    holds,
    leaves,
    parse_condition,
)

ANSWERS: dict[str, int | tuple[str, ...]] = {
    "stress": 8,
    "alone": 0,
    "coping": ("problem_solving", "creative_activity"),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stress >= 7", True),
        ("stress>=9", False),
        ("stress != 8", False),
        ("alone = 0 and stress > 7", True),
        ("coping has problem_solving", True),
        ("not coping has none", True),
        ("stress < 3 or coping has creative_activity", True),
        ("(stress < 3 or alone = 0) and not stress = 8", False),
        ("absent = 0", False),
        ("absent != 0", False),
        ("stress > -1", True),
    ],
)
def test_a_condition_is_true_or_false(text: str, expected: bool) -> None:
    assert holds(parse_condition(text), ANSWERS) is expected


@pytest.mark.parametrize(
    "text",
    ["", "stress", "stress >", "stress = seven", "and", "stress = 1 stress = 2", "(stress = 1", "stress = 1)",
     "__import__('os')", "stress == 1", "7 = stress", "a.b = 1", "not " * 50 + "stress = 1"],
)  # fmt: skip
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|parsed|deep|missing"):
        parse_condition(text)


_leaf = st.builds(
    Compare, st.sampled_from(["mood", "stress"]), st.sampled_from(sorted(OPERATORS)), st.integers(0, 10)
)
_has = st.builds(Has, st.just("coping"), st.sampled_from(["one", "two"]))
_any = st.recursive(
    _leaf | _has,
    lambda inner: st.builds(Not, inner) | st.builds(Both, st.sampled_from(["and", "or"]), inner, inner),
    max_leaves=8,
)


def _write(condition: Condition) -> str:
    match condition:
        case Compare(item, sign, number):
            return f"{item} {sign} {number}"
        case Has(item, option):
            return f"{item} has {option}"
        case Not(inner):
            return f"not ({_write(inner)})"
        case Both(word, left, right):
            return f"({_write(left)}) {word} ({_write(right)})"


@given(_any, st.dictionaries(st.sampled_from(["mood", "stress"]), st.integers(0, 10)))
def test_what_is_written_is_read_back(condition: Condition, answers: dict[str, int]) -> None:
    again = parse_condition(_write(condition))
    assert again == condition
    assert holds(again, answers) == holds(condition, answers)
    assert len(leaves(again)) == len(leaves(condition))
