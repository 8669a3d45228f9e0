"""`wellstream study check`: what it rejects, where it reports that, and what it shows."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.conftest import DEMO
from wellstream.cli.app import app

TEXT = DEMO.read_text(encoding="utf-8")
DEMO_DUTCH = next(line for line in TEXT.splitlines() if "nl: [zelfmoord" in line)
DEMO_CONTACTS = TEXT[TEXT.index("  contacts:\n") : TEXT.index("  # Crisis words")]


def _checked(tmp_path: Path, *changes: tuple[str, str]) -> Result:
    text = TEXT
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return CliRunner().invoke(app, ["study", "check", str(file)], env={"COLUMNS": "80"})


def _line(part: str) -> int:
    return next(number for number, line in enumerate(TEXT.splitlines(), start=1) if part in line)


def test_a_sound_study_shows_what_its_texts_cost_in_each_language(tmp_path: Path) -> None:
    done = _checked(tmp_path)
    assert done.exit_code == 0, done.output
    assert "demo@3 is valid: arms 3, interventions 6, items 13, languages en, nl, ar" in done.output
    table = [line for line in done.output.splitlines() if "│" in line]
    assert all(len(line) <= 80 for line in table)
    shown = {cells[1].strip(): cells for line in table if (cells := line.split("│"))[1].strip()}
    assert {language: cells[2].strip() for language, cells in shown.items()} == {
        "en": "GSM-7", "nl": "GSM-7", "ar": "UCS-2"
    }  # fmt: skip
    assert "of 1 SMS" in shown["en"][3]
    assert "crisis" in shown["ar"][4]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((), "with cbt (the first; `reference_arm` can name another)"),
        (((", interventions: [neighbours, group-therapy]", ""),), "with community (the first without inter"),
        ((("arms:\n", "reference_arm: mindfulness\narms:\n"),), "with mindfulness (as `reference_arm` says)"),
    ],
)
def test_it_says_which_arm_reports_compare_with(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], words: str
) -> None:
    done = _checked(tmp_path, *changes)
    assert done.exit_code == 0, done.output
    assert f"reports compare the other arms {words}" in done.output


def test_a_reference_that_is_no_arm_is_reported_at_its_line(tmp_path: Path) -> None:
    done = _checked(tmp_path, ("arms:\n", "reference_arm: waitlist\narms:\n"))
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert f"{_line('arms:')}" in said
    assert "reference_arm" in said
    assert "there is no arm waitlist; allowed: cbt, mindfulness, community" in said


def test_a_text_that_is_expensive_for_one_mark_fails_the_check(tmp_path: Path) -> None:
    plain = DEMO.read_text(encoding="utf-8")
    expensive = tmp_path / "expensive.yaml"
    assert "Sorry, we could not" in plain
    expensive.write_text(plain.replace("Sorry, we could not", "Sorry, we couldn’t"), encoding="utf-8")
    assert CliRunner().invoke(app, ["study", "check", str(DEMO)]).exit_code == 0
    found = CliRunner().invoke(app, ["study", "check", str(expensive)])
    assert found.exit_code == 1
    assert "not_understood in en" in found.output
    assert "’" in found.output


@pytest.mark.parametrize(
    ("before", "after", "field", "sign"),
    [
        (
            "Sorry, we could not",
            "We couldn’t",
            "texts.not_understood.en",
            "’ (U+2019 right single quotation mark)",
        ),
        ("How are you today?", "How are you 🙂?", "title.en", "🙂 (U+1F642 slightly smiling face)"),
        (
            "This is not an emergency",
            "This\u00a0is not an emergency",
            "safety.notice.en",
            "U+00A0 no-break space",
        ),
        ("en: [mood]", "en: [‘mood’]", "items.0.sms.en.0", "‘ (U+2018 left single quotation mark)"),
    ],
)
def test_a_text_that_is_expensive_by_accident_fails_at_its_field(
    tmp_path: Path, before: str, after: str, field: str, sign: str
) -> None:
    done = _checked(tmp_path, (before, after))
    assert done.exit_code == 1
    assert f"study.yaml:{_line(before)}: {field}: " in done.output
    assert "in en: UCS-2 (70 characters an SMS, up to " in done.output
    assert f"needed only for {sign}" in done.output
    assert "is valid" not in done.output


def test_each_text_with_an_expensive_character_is_named(tmp_path: Path) -> None:
    done = _checked(tmp_path, ("you are in danger", "you’re in danger"))
    assert done.output.count("safety.notice.en") == 1
    assert "help, crisis in en" in done.output


def test_a_language_that_needs_its_letters_passes_and_shows_them(tmp_path: Path) -> None:
    done = _checked(
        tmp_path, ("Sorry, dat konden", "Geïnteresseerd? ‘Ja’. Dat konden"), ("مثال: 7 3 5", "“مثال”")
    )
    assert done.exit_code == 0, done.output
    assert "UCS-2 for ï" in done.output


@pytest.mark.parametrize(
    ("before", "after", "field", "command"),
    [
        ("en: [stress]", "en: [Stop]", "items.1.sms.en.0", "'Stop' is a command in a text message (opt out)"),
        ("nl: [omgaan]", "nl: [hulp]", "items.2.sms.nl.0", "(help)"),
        ("en: [handled, cope]", "en: [handled, change]", "items.2.sms.en.1", "(correction)"),
        ("en: [handled, cope]", "en: [handled, lang]", "items.2.sms.en.1", "(language)"),
        ("en: [handled, cope]", "en: [handled, suicidal]", "items.2.sms.en.1", "(crisis word)"),
    ],
)
def test_no_item_is_named_by_a_command(
    tmp_path: Path, before: str, after: str, field: str, command: str
) -> None:
    done = _checked(tmp_path, (before, after))
    assert done.exit_code == 1
    assert f"study.yaml:{_line(before)}: {field}: " in done.output
    assert command in done.output


def test_no_answer_that_a_text_asks_for_is_a_command(tmp_path: Path) -> None:
    options = "[{id: a, text: {en: Go, nl: Door, ar: نعم}}, {id: b, text: {en: End, nl: Klaar, ar: لا}}]"
    item = f"  - {{id: next, kind: choice, text: {{en: A?, nl: A?, ar: ا}}, options: {options}}}\n"
    done = _checked(
        tmp_path,
        ("  - id: note\n", f"{item}  - id: note\n"),
        ("sms: [mood, stress, handled]", "sms: [mood, next]"),
        ("ask: all", "ask: each"),
    )
    assert done.exit_code == 1
    assert ".id: 'next' is a command in a text message (skip)" in done.output
    assert "options.1.text.en: 'End' is a command in a text message (opt out)" in done.output


def test_a_text_that_nobody_would_get_is_refused(tmp_path: Path) -> None:
    reply = ("Sorry, we could not read that.", "Sorry, " + "we could not read that, " * 65)
    done = _checked(tmp_path, reply)
    assert done.exit_code == 1
    assert f"study.yaml:{_line('Sorry, we could')}: texts.not_understood.en: " in done.output
    assert "SMS (GSM-7); providers refuse more than 10" in done.output
    done = _checked(tmp_path, ("  expires_minutes: 90", "  max_segments_per_day: 1\n  expires_minutes: 90"))
    assert done.exit_code == 1
    assert (
        "ask_all in ar takes 2 SMS (UCS-2), but the limit is 1 a day, so it would never be sent; raise"
        in done.output
    )
    assert "help in ar" not in done.output


def test_many_errors_are_reported_together_in_file_order(tmp_path: Path) -> None:
    done = _checked(
        tmp_path, ("en: [stress]", "en: [stop]"), ("Sorry, we could not", "We couldn’t"), ("cope]", "help]")
    )
    places = [int(part.split(":")[0]) for part in done.output.split("study.yaml:")[1:]]
    assert places == sorted(places)
    assert len(places) == 3
    wrong = _checked(
        tmp_path, ("kind: scale", "kind: scales"), ("wake:", "awake:"), ("version: 3", "version: two")
    )
    for part in (":4: version: ", "items.0.kind: 'scales' is not allowed",
                 "schedule.awake: there is no such field",
                 "schedule.wake: this field is required"):  # fmt: skip
        assert part in wrong.output, part


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        (("    nl: Dit is", "    fr: Dit is"), "safety.notice", "the text is missing in nl"),
        ((DEMO_CONTACTS, ""), "safety.contacts", "nobody is named whom they could call"),
        ((", ar: فريق الدراسة}", "}"), "safety.contacts.1.name", "the text is missing in ar"),
        (("    nl: [zelfmoord", "    fr: [zelfmoord"), "safety.crisis", "the text is missing in nl"),
        ((DEMO_DUTCH, "    nl: []"), "safety.crisis", "there are no crisis words"),
        (("[suicide, suicidal,", "['!!', suicidal,"), "safety.crisis.en.0", "has no letters"),
    ],
)  # fmt: skip
def test_a_study_that_could_not_answer_a_cry_for_help_is_refused(
    tmp_path: Path, change: tuple[str, str], field: str, said: str
) -> None:
    done = _checked(tmp_path, change)
    assert done.exit_code == 1
    assert f": {field}: " in done.output
    assert said in done.output


def test_a_study_in_which_nobody_can_write_needs_none(tmp_path: Path) -> None:
    note = TEXT[TEXT.index("  - id: note\n") : TEXT.index("sms: [mood, stress, handled]\n")]
    texted = "    - {kind: random, channels: [sms, sms, web], min_gap_minutes: 60}\n"
    done = _checked(
        tmp_path, (note, ""), ("sms: [mood, stress, handled]\n", ""), (texted, ""), (DEMO_CONTACTS, "")
    )
    assert done.exit_code == 0, done.output
