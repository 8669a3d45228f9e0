"""The simulated people: the same at every run, as irregular as people are, and with a known truth."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.forms.fields import read_form
from producers.simulator.client import STRANGER
from producers.simulator.days import Action, Form, Prompt, Stranger, Text, awake, history
from producers.simulator.people import EFFECT, Person, gain, invent
from producers.simulator.wording import MISTYPED, write
from producers.vault import normalise
from schemas.base import PhaseKind
from schemas.study import Study
from schemas.study.file import load_study
from streams.conversation.numbers import Parsed, parse
from tests.conftest import DEMO
from tests.examples import examples

STUDY = load_study(DEMO)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
PEOPLE = invent(STUDY, 60, 56, 2023, NOW.date())
ACTIONS: dict[Person, list[Action]] = {p: list(history(p, STUDY, LONG_AGO, NOW)) for p in PEOPLE}
EVERYTHING = [action for actions in ACTIONS.values() for action in actions]


def of(kind: type[Action]) -> list[Action]:
    return [action for action in EVERYTHING if isinstance(action, kind)]


def answered(actions: list[Action]) -> set[object]:
    texts = {action.sid[2:] for action in actions if isinstance(action, Text) and action.sid.startswith("SM")}
    forms = {action.prompt.id.hex for action in actions if isinstance(action, Form) and not action.late}
    return texts | forms


def test_all_that_people_do_occurs() -> None:
    texts = [action for action in EVERYTHING if isinstance(action, Text)]
    sids = [text.sid for text in texts]
    assert len(sids) > len(set(sids))
    assert {text.words for text in texts} & set(MISTYPED)
    assert any(text.words[0] in "٠١٢٣٤٥٦٧٨٩" for text in texts)
    assert any("stemming" in text.words for text in texts)
    forms = [action for action in EVERYTHING if isinstance(action, Form)]
    assert any(form.late for form in forms)
    assert any(name == "note" for form in forms for name, _ in form.fields)
    assert of(Stranger)
    assert {prompt.study_day for prompt in of(Prompt) if isinstance(prompt, Prompt)} == set(range(1, 57))


def test_what_is_not_mistyped_is_understood() -> None:
    for text in EVERYTHING:
        if isinstance(text, Text):
            understood = isinstance(parse(text.words, STUDY, text.person.language), Parsed)
            assert understood == (text.words not in MISTYPED)


@given(st.integers(0, 59), st.integers(0, 56 * 24))
@examples(40)
def test_a_pause_changes_nothing(index: int, hours: int) -> None:
    person, pause = PEOPLE[index], NOW - timedelta(hours=hours)
    before = list(history(person, STUDY, LONG_AGO, pause))
    assert before + list(history(person, STUDY, pause, NOW)) == ACTIONS[person]


def test_missing_depends_on_the_person_and_grows_with_the_study() -> None:
    shares = [len(answered(a)) / sum(isinstance(x, Prompt) for x in a) for a in ACTIONS.values()]
    assert 0.6 < np.mean(shares) < 0.9
    assert np.std(shares) > 0.05

    def share(first: int, last: int) -> float:
        asked = [p for p in EVERYTHING if isinstance(p, Prompt) and first <= p.study_day <= last]
        return sum(p.id.hex in replied for p in asked) / len(asked)

    replied = answered(EVERYTHING)
    assert share(1, 14) > share(43, 56) + 0.03


def test_moods_carry_over_from_prompt_to_prompt() -> None:
    pairs: list[tuple[float, float]] = []
    for person in PEOPLE:
        baseline = history(person, STUDY, LONG_AGO, NOW - timedelta(days=42))
        moods = [found["mood"] for text in baseline if isinstance(text, Text) and (found := _read(text))]
        level = float(np.mean(moods)) if moods else 0.0
        pairs += [(before - level, after - level) for before, after in pairwise(moods)]
    first, second = zip(*pairs, strict=True)
    assert np.corrcoef(first, second)[0, 1] > 0.2


def _read(text: Text) -> dict[str, Any]:
    outcome = parse(text.words, STUDY, text.person.language)
    return outcome.answers if isinstance(outcome, Parsed) else {}


@pytest.mark.parametrize("arm", EFFECT)
def test_the_truth_rises_in_the_intervention_and_partly_falls_after_it(arm: str) -> None:
    found = STUDY.arm(arm)
    assert found is not None
    phases = found.phases
    baseline = phases[0].days
    treated = sum(p.days for p in phases if p.kind in (PhaseKind.INTERVENTION, PhaseKind.WASHOUT))
    assert {gain(STUDY, arm, day) for day in range(1, baseline + 1)} == {0.0}
    assert gain(STUDY, arm, baseline + treated) == pytest.approx(EFFECT[arm])
    assert gain(STUDY, arm, sum(p.days for p in phases)) == pytest.approx(0.7 * EFFECT[arm])


def test_numbers_are_valid_distinct_and_nobodys() -> None:
    crowd = invent(STUDY, 2000, 7, 1, NOW.date())
    numbers = {normalise(person.number) for person in crowd}
    assert None not in numbers
    assert len(numbers) == 2000
    assert normalise(STRANGER) not in numbers


def test_somebody_is_awake_at_every_hour() -> None:
    for hour in range(24):
        assert any(awake(person, STUDY, NOW + timedelta(hours=hour)) for person in PEOPLE)


@given(st.floats(0, 1), st.sampled_from(["en", "nl", "ar"]), st.integers(0, 10))
def test_every_way_of_writing_is_understood(style: float, language: str, value: int) -> None:
    values = {"mood": value, "stress": 10 - value, "handled": 5}
    outcome = parse(write(values, STUDY, language, style), STUDY, language)
    assert isinstance(outcome, Parsed)
    assert outcome.answers == values


RULES = (
    {"kind": "random", "channels": ["web", "web"]},
    {"kind": "fixed", "times": ["12:00", "18:30"], "channel": "web"},
    {"kind": "interval", "every_minutes": 240, "channel": "web"},
    {"kind": "relative", "phase": "baseline", "day": 3, "time": "10:00", "channel": "web"},
    {"kind": "event"},
)


def of_every_kind(rule: Mapping[str, object]) -> Study:
    """A study with every kind of item, and one rule."""
    study = load_study(DEMO.parents[1] / "tests" / "studies" / "every_kind.yaml").model_dump(mode="json")
    return Study.model_validate(study | {"schedule": study["schedule"] | {"prompts": [rule]}})


@pytest.mark.parametrize(
    ("rule", "first_days"),
    [*zip(RULES, ((2, 2, 2), (2, 2, 2), (3, 3, 3), (0, 0, 1), (0, 0, 0)), strict=True)],
)
def test_people_are_asked_by_rules_of_every_kind(
    rule: Mapping[str, object], first_days: tuple[int, ...]
) -> None:
    study = of_every_kind(rule)
    (person,) = invent(study, 1, 14, 1, NOW.date())
    prompts = [one for one in history(person, study, LONG_AGO, NOW) if isinstance(one, Prompt)]
    assert tuple(sum(one.study_day == day for one in prompts) for day in (1, 2, 3)) == first_days
    assert all(awake(person, study, one.at) for one in prompts)
    assert [one.beep for one in prompts if one.study_day == 3] == list(range(1, first_days[2] + 1))


def test_forms_answer_items_of_every_kind() -> None:
    study = of_every_kind(RULES[0])
    forms = [
        action
        for person in invent(study, 40, 14, 1, NOW.date())
        for action in history(person, study, LONG_AGO, NOW)
        if isinstance(action, Form)
    ]
    readings = [read_form(study, form.fields) for form in forms]
    assert {problem for reading in readings for problem in reading.problems} == set()
    assert {name for reading in readings for name in reading.answers} == {item.id for item in study.items}
