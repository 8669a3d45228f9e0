"""A file of past check-ins by a mapping: events whose ids follow from it, and errors with line and column."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from producers.imports.csv_table import DataFileError
from producers.imports.events import events_of
from producers.imports.mapping import Mapping, Source, load_mapping
from producers.imports.rows import read_rows
from schemas.events import CheckInSubmitted, ParticipantEnrolled, PromptSent
from schemas.study import Study
from schemas.study.file import load_study
from schemas.yaml_file import DefinitionError

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden"
FRIED = ROOT / "studies" / "fried2021"
HEADER = "ID,Scheduled,Issued,Response,beepvar," + ",".join(f"Q{n}" for n in range(1, 19))


@pytest.fixture
def fried() -> tuple[Study, Mapping]:
    study = load_study(FRIED / "study.yaml")
    return study, load_mapping(FRIED / "map.yaml", study)


def lines(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    return path


def row(
    person: str = "1",
    scheduled: str = "2020-03-29 12:00:00",
    sent: str = "",
    answered: str = "",
    **items: str,
) -> str:
    answers = ",".join(items.get(f"Q{n}", "1.0" if answered and not items else "") for n in range(1, 19))
    return f"{person},{scheduled},{sent},{answered},1,{answers}"


def test_the_reference_file_becomes_events_that_a_second_reading_repeats() -> None:
    study = load_study(GOLDEN / "study.yaml")
    rows = read_rows(GOLDEN / "checkins.csv", study, load_mapping(GOLDEN / "map.yaml", study))
    events = list(events_of(rows, study))
    assert events == list(events_of(rows, study))
    kinds = [
        sum(isinstance(e, kind) for e in events)
        for kind in (ParticipantEnrolled, PromptSent, CheckInSubmitted)
    ]
    assert kinds == [12, 840, 650]
    assert len({event.event_id for event in events}) == sum(kinds)


def test_times_and_zones_of_the_real_study(tmp_path: Path, fried: tuple[Study, Mapping]) -> None:
    path = lines(
        tmp_path / "ema.csv",
        row(sent="2020-03-29 12:00:00 CEST", answered="2020-03-29 12:04:45 CEST"),
        row(
            scheduled="2020-03-28 12:00:00",
            sent="1970-01-01 01:00:00 CET",
            answered="2020-03-28 12:41:31 CET",
        ),
        row("2", sent="2020-03-29 12:00:00 EEST", answered="2020-03-29 13:00:00 EEST", Q18=""),
        row("3"),
        row("3"),
    )
    summer, winter, missed, unsent, again = read_rows(path, *fried)
    assert summer.answered == datetime(2020, 3, 29, 10, 4, 45, tzinfo=UTC)
    assert winter.sent == winter.scheduled == datetime(2020, 3, 28, 11, tzinfo=UTC)
    assert (missed.zone, missed.answered, missed.answers) == ("Europe/Athens", None, {})
    assert (unsent.zone, unsent.occurrence, again.occurrence) == ("Europe/Amsterdam", 0, 1)
    events = list(events_of([unsent, again], fried[0]))
    assert len({event.event_id for event in events}) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row(answered="2020-03-29 12:04:45 CEST", Q1="6.0"), "2: Q1: '6.0' is not allowed"),
        (
            row(answered="2020-03-29 12:04:45 CEST", Q1="1.5"),
            "allowed: whole numbers from 1 to 5; for decimals, give the scale `decimals` in the study",
        ),
        (row(answered="2020-03-29 12:04:45 CEST", Q1="nan"), "Q1"),
        (row(answered="", Q1="1"), "Response: this must not be empty, since there are answers"),
        (row(answered="2020-03-29 11:59:00 CEST"), "before the prompt was scheduled"),
        (row(answered="2020-03-29 12:04:45 PST"), "'PST' is not in the mapping's `zone_names`; add it"),
        (row(scheduled="yesterday"), "Scheduled: 'yesterday' is not a time"),
        (row(scheduled=""), "Scheduled: this must not be empty"),
        (row(person=""), "ID: this must not be empty"),
        ("1,2020-03-29 12:00:00", "there are 2 cells, but the header has 23 columns"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, fried: tuple[Study, Mapping], wrong: str, said: str) -> None:
    with pytest.raises(DataFileError) as refusal:
        read_rows(lines(tmp_path / "ema.csv", wrong), *fried)
    assert said in str(refusal.value)
    assert ":2: " in str(refusal.value)


def test_a_missing_column_and_an_unknown_item_are_named(tmp_path: Path, fried: tuple[Study, Mapping]) -> None:
    (tmp_path / "ema.csv").write_text("ID,Scheduled\n1,2020-03-29 12:00:00\n")
    with pytest.raises(DataFileError, match="beepvar: there is no such column; the file has ID, Scheduled"):
        read_rows(tmp_path / "ema.csv", *fried)
    text = (FRIED / "map.yaml").read_text().replace("relax:", "relaxed:")
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(DefinitionError, match=r"map.yaml:\d+: items.relaxed: fried2021@3 has no such item"):
        load_mapping(tmp_path / "map.yaml", fried[0])
    (tmp_path / "map.yaml").write_text(text.replace("{value: cohort}", "{}"))
    with pytest.raises(DefinitionError, match="give either `column` or `value`"):
        load_mapping(tmp_path / "map.yaml", fried[0])


def test_every_kind_of_item_but_free_text_is_imported(tmp_path: Path) -> None:
    study = load_study(ROOT / "tests" / "studies" / "every_kind.yaml")
    names = ("mood", "slept", "place", "kept-awake", "told")
    mapping = Mapping(
        participant="who", arm=Source(value="cbt"), language=Source(value="en"), zone=Source(value="UTC"),
        scheduled="at", answered="done", beep="beep", items={name: name for name in names},
    )  # fmt: skip

    def read(*cells: str) -> dict[str, float | tuple[str, ...]]:
        path = tmp_path / "past.csv"
        asked = "1,2020-01-01 12:00:00,2020-01-01 12:01:00,1"
        path.write_text(f"who,at,done,beep,{','.join(names)}\n{asked},{','.join(cells)}\n", encoding="utf-8")
        (found,) = read_rows(path, study, mapping)
        return found.answers

    assert read("-3", "0", "work", "noise|thoughts", "") == {
        "mood": -3, "slept": 0, "place": ("work",), "kept-awake": ("noise", "thoughts")
    }  # fmt: skip
    with pytest.raises(DataFileError, match="slept: '2' is not allowed; allowed: whole numbers from 0 to 1"):
        read("-3", "2", "", "", "")
    with pytest.raises(DataFileError, match="told: free text cannot be imported"):
        read("-3", "", "", "", "words")
