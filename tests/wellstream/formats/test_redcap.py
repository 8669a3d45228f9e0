"""Somebody else's data dictionary: what is imported, and what is reported as lost."""

import csv
import io
import re
from pathlib import Path

import pytest

from schemas.study import MultipleChoiceItem, ScaleItem, Study, options_of
from schemas.study.file import load_study
from tests.conftest import DEMO
from wellstream.formats.losses import FormatError, Report
from wellstream.formats.redcap_export import export_redcap
from wellstream.formats.redcap_import import import_redcap
from wellstream.formats.redcap_rows import COLUMNS
from wellstream.formats.starter import write_study


def _dictionary(
    tmp_path: Path, *rows: dict[str, str], header: tuple[str, ...] = COLUMNS, delimiter: str = ","
) -> Path:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    for row in rows:
        writer.writerow([row.get(column, "") for column in header])
    file = tmp_path / "dictionary.csv"
    file.write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode())
    return file


def row(name: str, kind: str = "text", label: str = "A question", **more: str) -> dict[str, str]:
    names = {
        "choices": COLUMNS[5], "validation": COLUMNS[7], "low": COLUMNS[8], "high": COLUMNS[9],
        "identifier": COLUMNS[10], "logic": COLUMNS[11], "required": COLUMNS[12], "matrix": COLUMNS[15],
        "section": COLUMNS[2], "note": COLUMNS[6], "alignment": COLUMNS[13], "number": COLUMNS[14],
        "ranking": COLUMNS[16], "annotation": COLUMNS[17], "form": COLUMNS[1],
    }  # fmt: skip
    given = {COLUMNS[0]: name, COLUMNS[1]: "check_in", COLUMNS[3]: kind, COLUMNS[4]: label}
    return given | {names[key]: value for key, value in more.items()}


def _losses(report: Report) -> str:
    return "\n".join(map(str, report.losses))


ODD = (
    row("record_id", "text", "Record ID"),
    row("mood", "text", "<b>How</b> are you &amp; yours?", validation="integer", low="1", high="7"),
    row("stress", "radio", choices="0, none | 1, some | 2, a lot", matrix="m1", section="Today"),
    row("who", "radio", choices="1, alone | 9, not alone"),
    row("pain", "slider", choices="none | some | worst", low="0", high="10"),
    row("year", "text", validation="integer", low="1900", high="2010"),
    row("tired", "truefalse", "", note="Be honest", alignment="RH", number="7", annotation="@HIDDEN"),
    row("email", "text", validation="email", identifier="y"),
    row("born", "text", validation="date_dmy"),
    row("bmi", "calc", choices="[a]/[b]"),
    row("late", "yesno", logic="[bmi] > '3'", required="y"),
    row("photo", "file"),
    row("hello", "descriptive"),
    row("what", "checkbox", choices="a, A | b, B", logic="[stress] > '1' and [who] <> '9'"),
    row(
        "felt",
        "checkbox",
        "[mood] so?",
        choices="1, A<i>h</i> | 99, None",
        logic="[what(b)]='1'",
        annotation="@NONEOFTHEABOVE='99'",
    ),
    row("more", "notes", logic="[felt(99)] <> '1' AND ([late] = '1' or [mood]>3)", form="second"),
    row("why", "notes", logic="[stress] > [mood]", ranking="y"),
)


def test_what_we_cannot_import_is_reported(tmp_path: Path) -> None:
    file = _dictionary(tmp_path, *ODD)
    study, report = import_redcap(file, "mine", "en")
    kinds = {item.id: item.kind for item in study.items}
    assert kinds == {
        "mood": "scale", "stress": "scale", "who": "choice", "pain": "scale", "tired": "yes_no",
        "late": "yes_no", "what": "choices", "felt": "choices", "more": "text", "why": "text",
    }  # fmt: skip
    mood = study.item("mood")
    assert mood is not None
    assert mood.text["en"] == "How are you & yours?"
    assert {item.id: item.show_if for item in study.items if item.show_if} == {
        "what": "stress > 1 and not who has o9",
        "felt": "what has b",
        "more": "not felt has o99 and (late = 1 or mood > 3)",
    }
    felt, pain = study.item("felt"), study.item("pain")
    assert isinstance(felt, MultipleChoiceItem)
    assert [option.exclusive for option in felt.options] == [False, True]
    assert isinstance(pain, ScaleItem)
    assert (pain.scale.min, pain.scale.max, pain.scale.high["en"]) == (0, 10, "worst")
    write_study(study, tmp_path / "study.yaml", "dictionary")
    assert load_study(tmp_path / "study.yaml") == study
    losses = _losses(report)
    for part in (
        "email: the whole field", "born: the whole field", "bmi: the whole field: a calculated field",
        "photo: the whole field", "hello: the whole field", "stress: matrix m1", "stress: section header",
        "stress: labels in between (1)", "pain: the slider", "who: code 1: renamed to o1",
        "why: branching logic", "late: branching logic", "mood: HTML", "mood: what it measures",
        "row 2, record_id: the record id", "row 3, mood: labels of the scale",
        "pain: the slider's middle label",
        "year: the whole field: integer from 1900 to 2010: a scale must lie between",
        "tired: the label: empty",
        "tired: field note 'Be honest'", "tired: custom alignment 'RH'", "tired: question number '7'",
        "tired: field annotation '@HIDDEN'", "tired: the answers true and false", "felt: [mood] in the label",
        "felt: HTML in choice 1", "why: matrix ranking 'y'", "forms: check_in, second",
    ):  # fmt: skip
        assert part in losses, part


@pytest.mark.parametrize(
    ("rows", "header", "sentence"),
    [
        ([row("a"), row("a")], COLUMNS, r"row 3, a: duplicate of the variable in row 2"),
        ([row("a", "hologram")], COLUMNS, r"row 2, a: 'hologram' is not a REDCap field type"),
        ([], COLUMNS, "no field could be imported as an item"),
        ([row("a")], COLUMNS[1:], "row 1: the column 'Variable / Field Name' is missing"),
        ([row("a", "radio", choices="")], COLUMNS, "row 2, a: it has no choices"),
        ([row("")], COLUMNS, "row 2, unnamed: the column 'Variable / Field Name' is empty"),
        (
            [row("a", "radio", choices="x, A | X, B")],
            COLUMNS,
            "row 2, a: the codes 'x' and 'X' would both become x; rename one",
        ),
        ([row("a", validation="integer", low="5", high="1")], COLUMNS, r"row 2, a: the minimum \(5\)"),
        (
            [row("a", "slider", low="0.5", high="1")],
            COLUMNS,
            "row 2, a: a slider's bounds must be whole numbers",
        ),
        ([row("a", label="x" * 2001)], COLUMNS, "row 2, a: text.en: "),
        (
            [row("a", annotation='@WELLSTREAM={"sms": 3}')],
            COLUMNS,
            "row 2, a: field annotation: the text after @WELLSTREAM=",
        ),
        (
            [row("a", annotation="@WELLSTREAM={oops")],
            COLUMNS,
            "row 2, a: field annotation: the text after @WELLSTREAM=",
        ),
        ([row("a", annotation='@WELLSTREAM={"measures": "joy"}')], COLUMNS, "row 2, a: measures: "),
    ],
)
def test_a_bad_dictionary_says_where(
    tmp_path: Path, rows: list[dict[str, str]], header: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(FormatError, match=sentence):
        import_redcap(_dictionary(tmp_path, *rows, header=header), "mine", "en")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_cells_may_be_separated_by_semicolons_or_tabs(tmp_path: Path, delimiter: str) -> None:
    file = _dictionary(tmp_path, row("a", "radio", choices="1, no; never | 2, yes"), delimiter=delimiter)
    study, _ = import_redcap(file, "mine", "en")
    assert [option.text["en"] for option in options_of(study.items[0])] == ["no; never", "yes"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "row 1: the column 'Variable / Field Name' is missing"),
        (
            ",".join(COLUMNS).encode() + "\r\nâge".encode("latin-1"),
            "line 2: not UTF-8 .byte 0xe2.; save the file",
        ),
        ("field_name".encode("utf-16"), "line 1: not UTF-8"),
        (b"PK\x03\x04", "instrument.csv"),
        (b"field_name,field_type,field_label\r\nmood,text,Well, are you?", "row 2: 4 cells for 3 columns"),
    ],
)
def test_the_error_for_another_file_says_what_to_do(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "dictionary.csv"
    file.write_bytes(content)
    with pytest.raises(FormatError, match=sentence):
        import_redcap(file, "mine", "en")
    with pytest.raises(FormatError, match="cannot read the file: No such file"):
        import_redcap(tmp_path / "none.csv", "mine", "en")


def test_an_unknown_column_is_reported(tmp_path: Path) -> None:
    _, report = import_redcap(_dictionary(tmp_path, row("a"), header=(*COLUMNS, "Mine")), "mine", "en")
    assert "row 1, column 'Mine': its content" in _losses(report)


def test_an_edit_in_redcap_wins_over_the_annotation(tmp_path: Path) -> None:
    plain = load_study(DEMO).model_dump(mode="json")
    plain["items"][9] |= {"show_if": "not (mood <= 3)", "id": "bounced-back"}
    text, _ = export_redcap(Study.model_validate(plain), "en")
    file = tmp_path / "dictionary.csv"
    for before, after, show_if, name in (
        ("", "", "not (mood <= 3)", "bounced-back"),
        ("[mood] > '3'", "[mood] > '5'", "mood > 5", "bounced-back"),
        ("bounced_back,", "recovered,", "not (mood <= 3)", "recovered"),
    ):
        file.write_text(text.replace(before, after) if before else text, encoding="utf-8", newline="")
        item = import_redcap(file, "mine", "en")[0].items[9]
        assert (item.show_if, item.id) == (show_if, name)


def test_an_exported_dictionary_is_valid_in_redcap() -> None:
    plain = load_study(DEMO).model_dump(mode="json")
    plain["items"][8]["options"][0]["text"]["en"] = "a | b"
    text, report = export_redcap(Study.model_validate(plain), "en")
    header, first, *rows = csv.reader(io.StringIO(text))
    assert tuple(header) == COLUMNS
    assert first[:5] == ["record_id", "demo", "", "text", "Record ID"]
    assert all(len(row) == len(COLUMNS) and re.fullmatch("[a-z][a-z0-9_]*", row[0]) for row in rows)
    assert "@NONEOFTHEABOVE='none' @WELLSTREAM=" in text
    assert "emotional_support, a / b | " in text
    assert "coping: `|` or a line break in an option" in _losses(report)


@pytest.mark.parametrize(("place", "name"), [(0, "record-id"), (3, "bounced_back")])
def test_names_that_redcap_cannot_tell_apart_are_refused(place: int, name: str) -> None:
    plain = load_study(DEMO).model_dump(mode="json") | {"sms": []}
    plain["items"][place]["id"] = name
    with pytest.raises(FormatError, match=r"demo@3, items: .* would both become \w+ in REDCap; rename one"):
        export_redcap(Study.model_validate(plain), "en")
