"""Every kind of item is parsed, and going back and forth between pages does not change what is sent."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.forms.fields import read_form
from producers.forms.navigation import first_steps, take_turn, what_follows
from schemas.study.file import load_study
from tests.conftest import DEMO

EVERY_KIND = load_study(Path(__file__).parents[2] / "studies" / "every_kind.yaml")
Fields = list[tuple[str, str]]

VALUES: dict[str, list[list[str]]] = {
    "mood": [[str(number)] for number in range(-3, 4)],
    "slept": [["0"], ["1"]],
    "place": [[], ["home"], ["work"]],
    "kept-awake": [["noise"], ["thoughts"], ["noise", "thoughts"], ["nothing"]],
    "worry": [[], ["3"], ["9"]],
    "told": [[], ["some words"]],
}


def page(steps: tuple[tuple[str, ...], ...], answers: dict[str, list[str]], action: str) -> Fields:
    """What a browser sends: the pages seen, and every answer that it carries or shows."""
    seen = [("Seen", " ".join(step)) for step in steps]
    return [*seen, *((name, one) for name, some in answers.items() for one in some), ("Action", action)]


def test_each_kind_is_read_as_what_it_is() -> None:
    fields = [
        ("mood", "-2"), ("slept", "0"), ("place", "work"), ("kept-awake", "thoughts"),
        ("kept-awake", "noise"), ("worry", "9"), ("told", " words "),
    ]  # fmt: skip
    reading = read_form(EVERY_KIND, fields)
    assert reading.problems == ()
    assert reading.answers == {
        "mood": -2, "slept": 0, "place": ("work",), "kept-awake": ("noise", "thoughts"), "worry": 9,
        "told": "words",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "values", "complaint"),
    [
        ("slept", ["2"], "out_of_range"),
        ("slept", ["yes"], "out_of_range"),
        ("slept", ["0", "1"], "out_of_range"),
        ("place", ["moon"], "out_of_range"),
        ("place", ["home", "work"], "out_of_range"),
        ("kept-awake", ["noise", "nothing"], "conflict"),
        ("told", ["x" * 1001], "too_long"),
        ("mood", ["4"], "out_of_range"),
        ("another", ["1"], "unknown_item"),
    ],
)
def test_what_cannot_be_is_a_problem(name: str, values: list[str], complaint: str) -> None:
    given = {"mood": ["-3"], "slept": ["0"], "kept-awake": ["noise"]} | {name: values}
    reading = read_form(EVERY_KIND, [(key, value) for key, some in given.items() for value in some])
    assert [problem.complaint for problem in reading.problems] == [complaint]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_line_break_is_one_sign_however_the_browser_sends_it(line_break: str) -> None:
    """The page lets people write a thousand signs and counts each line break as one."""
    written = line_break.join(["x" * 99] * 10) + "y"
    reading = read_form(EVERY_KIND, [("mood", "-3"), ("slept", "1"), ("told", written)])
    assert reading.problems == ()
    assert reading.answers["told"] == "\n".join(["x" * 99] * 10) + "y"


def test_what_is_not_asked_is_neither_missing_nor_kept() -> None:
    reading = read_form(EVERY_KIND, [("mood", "1"), ("slept", "1"), ("worry", "9"), ("told", "words")])
    assert reading.problems == ()
    assert reading.answers == {"mood": 1, "slept": 1}


def test_the_first_page_asks_what_needs_no_answer_before_it() -> None:
    assert first_steps(EVERY_KIND) == (("mood", "slept", "place"),)
    assert what_follows(EVERY_KIND, first_steps(EVERY_KIND)) == "next"


def test_a_study_of_one_page_is_sent_from_it() -> None:
    demo = load_study(DEMO)
    assert what_follows(demo, first_steps(demo)) == "send"


def test_a_problem_leads_to_the_first_page_that_has_one() -> None:
    steps = (*first_steps(EVERY_KIND), ("kept-awake",))
    turn = take_turn(EVERY_KIND, page(steps, {"slept": ["0"]}, "next"))
    assert turn.to == "questions"
    assert turn.steps == first_steps(EVERY_KIND)


def test_change_in_the_review_leads_to_the_page_of_that_question() -> None:
    answers = {"mood": ["0"], "slept": ["0"], "kept-awake": ["noise"]}
    steps = (*first_steps(EVERY_KIND), ("kept-awake",), ())
    assert take_turn(EVERY_KIND, page(steps, answers, "back:mood")).steps == steps[:1]
    assert take_turn(EVERY_KIND, page(steps, answers, "back:kept-awake")).steps == steps[:2]
    assert take_turn(EVERY_KIND, page(steps, answers, "back")).steps == steps[:2]


filled = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})


@given(
    st.lists(
        st.tuples(filled, st.sampled_from(["next", "next", "back", "review", "back:mood"])), max_size=12
    ),
    filled,
)
def test_any_way_back_and_forth_ends_in_the_same_answers(
    moves: list[tuple[dict[str, list[str]], str]], last: dict[str, list[str]]
) -> None:
    """People fill in what they see, wander, and at last answer `last`: sending that at once says the same."""
    steps, held = first_steps(EVERY_KIND), dict[str, list[str]]()
    for answers, action in moves:
        held |= {name: answers[name] for name in steps[-1]}
        turn = take_turn(EVERY_KIND, page(steps, held, action))
        steps = turn.steps
    held |= {name: last[name] for step in steps for name in step}
    for _ in range(2 * len(VALUES)):
        turn = take_turn(EVERY_KIND, page(steps, held, "next"))
        if turn.to == "send":
            break
        steps = turn.steps
        held |= {name: last[name] for name in steps[-1]}
        if turn.to == "review":
            turn = take_turn(EVERY_KIND, page(steps, held, "send"))
            break
    assert turn.to == "send"
    assert turn.reading.problems == ()
    whole = [(name, one) for name, some in last.items() for one in some]
    assert turn.reading.answers == read_form(EVERY_KIND, whole).answers
