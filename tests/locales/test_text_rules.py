"""The registry of rules about texts: adding a rule is adding an entry."""

from locales.text_rules import TEXT_RULES, TextRule, text_alert
from schemas.study.file import load_study
from tests.conftest import DEMO

STUDY = load_study(DEMO)


def test_the_first_text_rule_that_matches_is_the_one_that_is_named() -> None:
    rules = (
        *TEXT_RULES,
        TextRule("shouting", lambda text, _: "shouting" if text.isupper() else None),
        TextRule("anything", lambda text, _: "anything"),
    )
    assert text_alert("I WANT TO DIE", STUDY, rules) == "en-5"
    assert text_alert("HELLO", STUDY, rules) == "shouting"
    assert text_alert("hello", STUDY, rules) == "anything"
    assert text_alert("hello", STUDY) is None


def test_names_of_rules_are_unique() -> None:
    names = [rule.name for rule in TEXT_RULES]
    assert len(set(names)) == len(names) > 0
