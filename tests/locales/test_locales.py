"""The words of every language: complete, of the same form, and all in their files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import locales
from locales import all_locales, direction, form_texts, load_locales, sms_texts, text_languages
from locales.model import Commands
from locales.plain_text import plain
from producers.sms.segments import count_segments
from schemas.yaml_file import DefinitionError
from streams.conversation.words import reserved

FOLDER = Path(locales.__file__).parent
ROOT = FOLDER.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of English and French alone."""
    for name in ("en.yaml", "fr.yaml"):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


def problems_of(folder: Path, language: str, text: str) -> list[tuple[int, str, str]]:
    (folder / f"{language}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_locales(folder)
    assert refused.value.path.name == f"{language}.yaml"
    return [(one.line, one.field, one.message) for one in refused.value.problems]


def english() -> str:
    return (FOLDER / "en.yaml").read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_english_comes_first_and_right_to_left_last() -> None:
    assert text_languages() == ("en", "nl", "ar")


@pytest.mark.parametrize(
    ("language", "read_in", "runs"),
    [
        ("nl-BE", "nl", "ltr"),
        ("ar-EG", "ar", "rtl"),
        ("fr", "en", "ltr"),
        ("ur-PK", "en", "rtl"),
        ("sw", "en", "ltr"),
    ],
)
def test_a_variety_has_the_texts_of_its_language_and_others_those_of_english(
    language: str, read_in: str, runs: str
) -> None:
    assert form_texts(language) is form_texts(read_in)
    assert sms_texts(language) is sms_texts(read_in)
    assert direction(language) == runs


@pytest.mark.parametrize("section", ["form", "sms", "gateway"])
def test_a_missing_text_is_named_with_its_section(folder: Path, section: str) -> None:
    name = {"form": "phone_note", "sms": "web_link", "gateway": "sms_unsaved"}[section]
    text = re.sub(rf"^  {name}: .*\n", "", english(), flags=re.MULTILINE)
    ((line, field, message),) = problems_of(folder, "tlh", text)
    assert (line, field) == (line_of(text, f"\n{section}:") + 1, f"{section}.{name}")
    assert message == "this field is required"


def test_a_language_has_all_of_the_texts_or_none(folder: Path) -> None:
    text = english()
    ((_, _, message),) = problems_of(folder, "tlh", text[: text.index("\nsms:")])
    assert message.endswith("missing: sms, gateway")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("answer here: {link}", "answer here: {lnk}", "sms.web_link"),
        ("read that. {ask}", "read that.", "sms.not_understood"),
        ("that could be changed.", "that could be changed {ask}", "sms.nothing_to_change"),
        ("{days} of {of} days", "{days} days", "form.recent_count"),
    ],
)
def test_placeholders_are_those_of_english(folder: Path, old: str, new: str, field: str) -> None:
    text = english().replace(old, new)
    ((line, name, message),) = problems_of(folder, "tlh", text)
    assert name == field
    assert line == line_of(text, f"  {field.split('.')[1]}: ")
    assert message.startswith("its placeholders must be those in English: ")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("  opt_in:", "  opt_inn:", "commands.opt_inn"),
        ("direction: ltr", "direction: up", "direction"),
        ("  yes: [yes, y, yeah, yep]", "  yes: [true]", "answers.yes.0"),
        ("  send: Send", "  send: 7", "form.send"),
        ("  send: Send", "  send: ''", "form.send"),
    ],
)
def test_a_file_that_is_wrong_is_refused_at_the_field(folder: Path, old: str, new: str, field: str) -> None:
    assert old in english()
    ((_, name, _),) = problems_of(folder, "tlh", english().replace(old, new))
    assert name == field


def test_a_file_must_be_named_after_a_language(folder: Path) -> None:
    ((_, _, message),) = problems_of(folder, "Klingon", english())
    assert "not a language tag" in message


def test_yes_and_no_are_words() -> None:
    assert form_texts("en").no == "No"
    assert all_locales()["en"].answers.no == ("no", "n", "nope")
    assert all_locales()["es"].answers.no == ("no",)


@pytest.mark.parametrize("language", text_languages())
def test_no_text_message_needs_ucs_2_for_a_sign_alone(language: str) -> None:
    texts = sms_texts(language)
    assert not [name for name in texts.names() if count_segments(texts[name]).accidental]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_text_messages_fit_gsm_7_where_the_language_does(language: str) -> None:
    texts = sms_texts(language)
    assert {count_segments(texts[name]).encoding for name in texts.names()} == {"GSM-7"}


def test_no_word_has_two_meanings() -> None:
    whole = ("opt_out", "opt_in", "help", "skip", "back", "restart", "begin", "language", "correct")
    assert set(whole) | {"around_opt_out"} == set(Commands.model_fields)
    meanings: dict[str, set[str]] = {}
    for locale in all_locales().values():
        for name in whole:
            for phrase in getattr(locale.commands, name):
                meanings.setdefault(plain(phrase), set()).add(name)
        for name in ("yes", "no"):
            for phrase in getattr(locale.answers, name):
                meanings.setdefault(plain(phrase), set()).add(name)
    assert {phrase: found for phrase, found in meanings.items() if len(found) > 1} == {}


def test_every_command_of_every_language_is_recognised() -> None:
    for locale in all_locales().values():
        for name in ("opt_out", "opt_in", "help", "skip", "back", "restart", "begin"):
            for phrase in getattr(locale.commands, name):
                assert reserved(phrase.upper()) == name


def test_no_word_of_a_participant_stands_in_the_code() -> None:
    # Arabic gives them away; what remains normalises its spelling, or speaks for simulated people.
    apart = {"producers/simulator/wording.py", "locales/plain_text.py", "producers/sms/segments.py"}
    found = {
        str(path.relative_to(ROOT))
        for room in ("locales", "producers", "streams", "wellstream")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"[\u0620-\u064a]", path.read_text(encoding="utf-8"))
    }
    assert found == apart


def test_the_command_line_starts_without_reading_a_language() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom wellstream.cli.app import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\nassert 'locales' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_reading_a_package_reads_no_file() -> None:
    code = (
        "import locales.files, producers.forms.rendering, producers.sms.templates\n"
        "import streams.conversation.numbers, streams.conversation.words\n"
        "assert locales.files.all_locales.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
