"""A file of filled-in instruments: what is read, and how a wrong line or column is named."""

from pathlib import Path

import pytest

from schemas.instrument import shipped_instruments
from streams.indicators.instrument_file import AnswersError, Filled, read_answers

GAD_2 = shipped_instruments()["gad-2"]
TRAUMA = shipped_instruments()["pc-ptsd-5"]


def test_empty_cells_are_missing_and_a_person_may_answer_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(b"\xef\xbb\xbfparticipant, 2,1\r\nP01,1,2\r\n\r\nP-2.b,3,\r\nP01,0,0\r\n")
    assert read_answers(path, GAD_2) == [
        Filled("P01", {1: 2, 2: 1}, 2),
        Filled("P-2.b", {2: 3}, 4),
        Filled("P01", {1: 0, 2: 0}, 5),
    ]


def test_the_gate_is_answered_with_0_or_1(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    items = ",".join(map(str, range(1, TRAUMA.count + 1)))
    path.write_text(f"participant,{items}\nP01,2{',' * (TRAUMA.count - 1)}\n")
    with pytest.raises(AnswersError, match=r":2: 1: '2' is not allowed; allowed: 0 to 1"):
        read_answers(path, TRAUMA)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: there is no column 'participant', '1', '2'; wanted: participant, 1, 2"),
        ("participant,1\nP01,2\n", ":1: there is no column '2'"),
        ("participant;1;2\nP01;2;1\n", ":1: there is no column 'participant'"),
        ("participant,1,2,2\nP01,2,1,1\n", ":1: there is twice the column '2'"),
        ("participant,1,2,week\nP01,2,1,1\n", ":1: nothing is known of the column 'week'"),
        ("participant,1,2\nP01,2,4\n", ":2: 2: '4' is not allowed; allowed: 0 to 3"),
        ("participant,1,2\nP01,2,-1\n", ":2: 2: '-1' is not allowed"),
        ("participant,1,2\nP01,2,--1\n", ":2: 2: '--1' is not allowed"),
        ("participant,1,2\nP01,2,1.0\n", ":2: 2: '1.0' is not allowed"),
        (f"participant,1,2\nP01,2,{'9' * 5000}\n", ":2: 2: "),
        ("participant,1,2\nP01,2\n", ":2: there are 2 cells, but the header has 3 columns"),
        ("participant,1,2\nP01,2,1,0\n", ":2: there are 4 cells"),
        ("participant,1,2\n,2,1\n", ":2: participant: '' is not allowed; allowed: letters, digits"),
        ("participant,1,2\nP01 ,2,1\n", ":2: participant: 'P01 ' is not allowed"),
        ("participant,1,2\nan@example.org,2,1\n", ":2: participant: 'an@example.org' is not allowed"),
        (
            "participant,1,2\nP01,2,1\n0612345678,2,1\n",
            ":3: participant: '0612345678' looks like a telephone",
        ),
        ("participant,1,2\nP01,2,\x00\n", ":2: 2: '\\x00' is not allowed"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_column(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(text)
    with pytest.raises(AnswersError) as refusal:
        read_answers(path, GAD_2)
    assert str(refusal.value).startswith(f"{path}{said}")


def test_what_is_no_csv_in_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes("participant,1,2\nJürgen,2,1\n".encode("latin-1"))
    with pytest.raises(AnswersError, match="is not UTF-8"):
        read_answers(path, GAD_2)
    path.write_text(f'participant,1,2\n"{"x" * 200_000}",1,1\n')
    with pytest.raises(AnswersError, match="is not a CSV file"):
        read_answers(path, GAD_2)
