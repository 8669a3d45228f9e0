"""Files of check-ins: what is read, and what is said of each thing that is wrong."""

from pathlib import Path

import pytest

from producers.imports.csv_table import DataFileError
from wellstream.operations.checkin_file import read_checkins

GOLDEN = Path(__file__).parents[2] / "golden" / "checkins.csv"
HEADER = "participant,arm,tz,day,beep,phase,prompt_id,scheduled,status,started,submitted,valence,coping_used"
SOUND = (
    "P01,cbt,Europe/Berlin,1,1,A,a,2024-03-25T09:50:00+01:00,answered,2024-03-25T09:51:06+01:00,"
    "2024-03-25T09:51:46+01:00,9,creative|problem_solving"
)
MISSED = "P01,cbt,Europe/Berlin,1,2,A,b,2024-03-25T12:50:00+01:00,missed,,,,"


def problems(tmp_path: Path, *lines: str, header: str = HEADER) -> list[tuple[int, str, str]]:
    path = tmp_path / "checkins.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        read_checkins(path)
    assert f"{path}:{caught.value.problems[0].line}: " in str(caught.value)
    return [(problem.line, problem.column, problem.message) for problem in caught.value.problems]


def test_the_reference_file_is_read_whole() -> None:
    people = read_checkins(GOLDEN)
    assert len(people) == 12
    assert sum(len(person.prompts) for person in people) == 840
    assert sum(len(person.answered) for person in people) == 650
    assert {person.zone for person in people} == {"Europe/Berlin", "America/New_York"}


def test_the_order_of_the_lines_does_not_matter(tmp_path: Path) -> None:
    header, *lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([header, *reversed(lines)]), encoding="utf-8-sig")
    assert read_checkins(turned) == read_checkins(GOLDEN)


def test_item_columns_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text(f"{HEADER}\n{SOUND}\n{MISSED}\n", encoding="utf-8")
    (person,) = read_checkins(path)
    first, second = person.prompts
    assert first.answer is not None
    assert dict(first.answer.answers) == {"valence": 9.0}
    assert first.answer.coping == ("creative", "problem_solving")
    assert second.answer is None


@pytest.mark.parametrize(
    ("old", "new", "column", "said"),
    [
        ("P01", "", "participant", "this must not be empty"),
        ("Europe/Berlin", "Berlin", "tz", "'Berlin' is not a time zone"),
        (",1,1,A", ",0,1,A", "day", "'0' is not allowed; allowed: 1, 2, 3"),
        (",1,1,A", ",1,x,A", "beep", "'x' is not allowed"),
        (",A,", ",baseline,", "phase", "allowed: one letter"),
        ("09:50:00+01:00", "09:50:00", "scheduled", "not a time with an offset"),
        ("answered", "done", "status", "allowed: answered, missed"),
        ("2024-03-25T09:51:46+01:00", "", "submitted", "this must not be empty for an answered prompt"),
        ("09:51:46", "09:51:05", "submitted", "before `started`"),
        (",9,", ",11,", "valence", "'11' is not allowed; allowed: a number from 0 to 10"),
        (",9,", ",nan,", "valence", "'nan' is not allowed"),
        ("creative|", "singing|", "coping_used", "'singing' is not allowed; allowed, separated by |"),
        ("creative|", "problem_solving|", "coping_used", "is given twice"),
        ("answered", "missed", "started", "this must be empty for a missed prompt"),
        (",creative", ",1,creative", "", "there are 14 cells, but the header has 13 columns"),
    ],
)
def test_a_cell_that_is_wrong(tmp_path: Path, old: str, new: str, column: str, said: str) -> None:
    (line, found, message), *_ = problems(tmp_path, SOUND.replace(old, new, 1))
    assert (line, found) == (2, column)
    assert said in message


@pytest.mark.parametrize(
    ("old", "new", "column", "said"),
    [
        (",b,", ",a,", "prompt_id", "is already used in line 2"),
        (",1,2,", ",1,1,", "beep", "is already in line 2"),
        ("cbt", "waitlist", "arm", "P01 has 'cbt' in line 2"),
        ("Europe/Berlin", "Europe/Paris", "tz", "P01 has 'Europe/Berlin' in line 2"),
        ("03-25", "03-26", "day", "2024-03-26 cannot be study day 1"),
        ("T12", "T08", "scheduled", "beep 2 of day 1 is before beep 1 of day 1 in line 2"),
    ],
)
def test_lines_that_contradict_each_other(tmp_path: Path, old: str, new: str, column: str, said: str) -> None:
    ((line, found, message),) = problems(tmp_path, SOUND, MISSED.replace(old, new, 1))
    assert (line, found) == (3, column)
    assert said in message


def test_columns_that_are_missing_unknown_or_twice(tmp_path: Path) -> None:
    wrong = HEADER.replace("tz", "zone").replace("valence", "day")
    found = problems(tmp_path, SOUND, header=wrong)
    assert [(line, column) for line, column, _ in found] == [(1, "tz"), (1, "zone"), (1, "day")]


def test_at_most_twenty_problems_are_written(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("\n".join([HEADER, *["x"] * 30]), encoding="utf-8")
    with pytest.raises(DataFileError, match="and 10 more"):
        read_checkins(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataFileError, match="not UTF-8 text"):
        read_checkins(path)


def test_a_prompt_after_midnight_belongs_to_the_day_before(tmp_path: Path) -> None:
    path = tmp_path / "night.csv"
    night = MISSED.replace("2024-03-25T12:50", "2024-03-26T01:00")
    path.write_text(f"{HEADER}\n{SOUND}\n{night}\n", encoding="utf-8")
    (person,) = read_checkins(path)
    assert [(prompt.day, prompt.beep) for prompt in person.prompts] == [(1, 1), (1, 2)]
    ((line, column, message),) = problems(
        tmp_path,
        SOUND,
        night.replace(",1,2,A,b", ",2,5,A,b"),
        MISSED.replace("2024-03-25T12:50", "2024-03-26T09:00").replace(",1,2,A,b", ",2,1,A,c"),
    )
    assert (line, column) == (3, "scheduled")
    assert "a prompt after midnight belongs to the study day for which it was planned" in message
