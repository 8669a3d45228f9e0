"""The registry of safety rules: adding a rule is adding an entry."""

import pytest

from schemas.study import Study
from schemas.study.file import load_study
from streams.indicators.phase_comparison import Alarm
from streams.records.full_record import Series
from streams.records.item_roles import Layout
from streams.safety.crisis_words import crisis_words
from streams.safety.rules import RECORD_RULES, TEXT_RULES, RecordRule, TextRule, record_alarms, text_alert
from tests.conftest import DEMO

STUDY = load_study(DEMO)


def with_words(**words: tuple[str, ...]) -> Study:
    return STUDY.model_copy(update={"safety": STUDY.safety.model_copy(update={"crisis": words})})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want to die", "en-1"),
        ("I WANT to   die!!", "en-1"),
        ("my diet is fine", None),
        ("no way out", "en-2"),
        ("a noway outfit", None),
        ("7 3 5", None),
    ],
)
def test_crisis_words_are_found_as_whole_words(text: str, found: str | None) -> None:
    assert crisis_words(text, with_words(en=("want to die", "no way out"))) == found


def test_arabic_crisis_words_are_found_with_what_is_joined_to_them() -> None:
    assert crisis_words("والانتحار", with_words(ar=("انتحار",))) == "ar-1"


def test_the_first_text_rule_that_matches_is_the_one_that_is_named() -> None:
    rules = (
        *TEXT_RULES,
        TextRule("shouting", lambda text, _: "shouting" if text.isupper() else None),
        TextRule("anything", lambda text, _: "anything"),
    )
    study = with_words(en=("want to die",))
    assert text_alert("I WANT TO DIE", study, rules) == "en-1"
    assert text_alert("HELLO", study, rules) == "shouting"
    assert text_alert("hello", study, rules) == "anything"
    assert text_alert("hello", study) is None


def test_a_new_record_rule_adds_to_what_the_charts_find() -> None:
    silent = RecordRule(
        "silence", lambda series, _: [Alarm("silence", 3, 2.0)] if not series.answered else []
    )
    series = Series.of("p-0123456789abcdef", "cbt", "Europe/Brussels", [])
    layout = Layout.of(STUDY)
    assert record_alarms(series, layout) == []
    assert record_alarms(series, layout, (*RECORD_RULES, silent)) == [Alarm("silence", 3, 2.0)]


def test_names_of_rules_are_unique() -> None:
    for names in ([rule.name for rule in TEXT_RULES], [rule.name for rule in RECORD_RULES]):
        assert len(set(names)) == len(names) > 0
