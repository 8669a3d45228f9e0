"""What calls for help and what does not, in every language, held by a table."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from locales import all_locales
from locales.crisis_words import crisis_words
from schemas.study import Study
from schemas.study.file import load_study
from tests.conftest import DEMO
from tests.examples import examples

TABLE: dict[str, dict[str, list[str]]] = YAML(typ="safe").load(
    Path(__file__).with_name("crisis_phrases.yaml").read_text(encoding="utf-8")
)
_DEMO = load_study(DEMO)


def with_words(**words: tuple[str, ...]) -> Study:
    return _DEMO.model_copy(update={"safety": _DEMO.safety.model_copy(update={"crisis": words})})


STUDY = with_words()


def rows(*kinds: str) -> list[tuple[str, str]]:
    return [(language, text) for language, one in TABLE.items() for kind in kinds for text in one[kind]]


def test_every_language_has_its_rows() -> None:
    assert set(TABLE) == set(all_locales())


@pytest.mark.parametrize(("language", "text"), rows("must", "known"))
def test_what_calls_for_help(language: str, text: str) -> None:
    assert crisis_words(text, STUDY)
    assert crisis_words(f"7 3 5. {text.upper()}", STUDY)


@pytest.mark.parametrize(("language", "text"), rows("never"))
def test_what_does_not(language: str, text: str) -> None:
    assert crisis_words(text, STUDY) is None


def test_every_phrase_of_every_language_finds_itself() -> None:
    blind = [
        phrase
        for locale in all_locales().values()
        for phrase in locale.crisis
        if not crisis_words(phrase.replace(" |", "").replace(" ~", "").replace("*", ""), STUDY)
    ]
    assert blind == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("it all turns black", "en-1"),
        ("IT ALL   turns bläck!", "en-1"),
        ("it all turned black", None),
        ("the water is deep here", "en-2"),
        ("deep waters", None),
        ("انا بئر عميق", "ar-1"),
        ("والبئر", "ar-1"),
        ("I want to kill myself", "common-en-8"),
    ],
)
def test_a_study_s_own_words_come_first_and_are_whole_words(text: str, found: str | None) -> None:
    assert crisis_words(text, with_words(en=("turns black", "water"), ar=("بئر",))) == found


def test_words_without_a_letter_find_nothing() -> None:
    assert crisis_words("all is well", with_words(en=("!!", "🔪🔪"))) is None


@given(st.text(max_size=300))
@examples(60)
def test_reading_is_total(text: str) -> None:
    found = crisis_words(text, STUDY)
    assert found is None or found.startswith("common-")


@given(st.sampled_from(rows("must")), st.integers(0, 2**32))
@examples(60)
def test_case_spaces_and_marks_do_not_hide_a_call(row: tuple[str, str], seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice((c, c.upper(), c + "\u200d", c.swapcase())) for c in row[1])
    assert crisis_words(f"  {text.replace(' ', chance.choice(('  ', ' - ', '_')))}?!", STUDY)


def test_a_very_long_text_is_read_at_once() -> None:
    assert crisis_words("ab" * 30_000, STUDY) is None
    assert crisis_words("a1" * 30_000 + " " + "want to " * 5_000, STUDY) is None
    assert crisis_words("so it goes " * 5_000 + "I want to die", STUDY)
