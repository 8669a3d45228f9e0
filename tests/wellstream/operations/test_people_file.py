"""Who is to be enrolled is read whole or refused with what is wrong and where, never by a number."""

import io
from pathlib import Path

import pytest

from schemas.settings import Settings
from tests.conftest import DEMO
from wellstream.operations.enrolment import AdminApiRefused, enrol
from wellstream.operations.people_file import PeopleError, people_given

NUMBER = "+447700900123"
HEAD = "number,arm,language,zone,start_date\n"
OPTIONS = {"arm": "cbt", "language": "en", "zone": "Europe/London", "start_date": ""}
SETTINGS = Settings(study=DEMO)


def file_with(folder: Path, content: bytes | str) -> str:
    file = folder / "people.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


def test_a_number_comes_with_its_options() -> None:
    assert people_given(NUMBER, OPTIONS) == [OPTIONS | {"number": NUMBER}]


@pytest.mark.parametrize("head", [HEAD, "\ufeff" + HEAD, "zone,arm,number,language,note,start_date\n"])
def test_a_file_and_standard_input_give_the_same_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    cells = OPTIONS | {"number": NUMBER, "note": "none"}
    line = ",".join(cells[name] for name in head.strip("\ufeff\n").split(","))
    expected = [OPTIONS | {"number": NUMBER}]
    assert people_given(file_with(tmp_path, head + line + "\n"), {}) == expected
    monkeypatch.setattr("sys.stdin", io.StringIO(head.strip("\ufeff") + line))
    assert people_given("-", {}) == expected


WRONG = {
    "": "has nobody in it|lacks the columns",
    HEAD: "has nobody in it",
    "number,arm\n+447700900123,cbt\n": "lacks the columns language, zone, start_date",
    HEAD + "+447700900123,cbt\n": ":2: this line has more or fewer cells",
    HEAD + "+447700900123,cbt,en,UTC,,,\n": ":2: this line has more or fewer cells",
    HEAD + '"+447700900123': "is not a CSV file",
}


@pytest.mark.parametrize("content", WRONG, ids=repr)
def test_a_damaged_file_is_refused_without_a_number(tmp_path: Path, content: str) -> None:
    with pytest.raises(PeopleError, match=WRONG[content]) as refused:
        people_given(file_with(tmp_path, content), {})
    assert NUMBER not in str(refused.value)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="is not text in UTF-8"):
        people_given(file_with(tmp_path, HEAD.encode("utf-16")), {})


@pytest.mark.parametrize("given", ["people.csv", "", "\0", "x" * 5000, "~/people.csv"])
def test_what_is_neither_file_nor_number_is_refused(given: str) -> None:
    with pytest.raises(
        PeopleError, match=r"there is no file .* not a telephone number in international form"
    ):
        people_given(given, OPTIONS)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("arm", "", "person 2: the arm is missing; demo@3 has: cbt"),
        ("language", "tlh", "person 2: .* has no language 'tlh'; allowed: en"),
        ("zone", "Mars/Base", "person 2: 'Mars/Base' is not a time zone; write an IANA name"),
        ("zone", "../etc/passwd", "is not a time zone"),
        ("zone", "", "is not a time zone"),
        ("start_date", "14/3/2026", "person 2: '14/3/2026' is not a date; write one such as 2026-03-14"),
        ("start_date", "2026-02-30", "is not a date"),
    ],
)
def test_nobody_is_enrolled_where_one_is_wrong(column: str, value: str, sentence: str) -> None:
    person = OPTIONS | {"number": NUMBER}
    with pytest.raises(AdminApiRefused, match=sentence) as refused:
        enrol(SETTINGS, [person, person | {column: value}])
    assert NUMBER not in str(refused.value)
