"""Somebody else's XLSForm: what is imported, and what is reported as lost."""

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from pyxform.xls2xform import convert

from schemas.study import Study
from schemas.study.file import load_study
from tests.conftest import DEMO
from wellstream.formats.losses import FormatError, Report
from wellstream.formats.starter import write_study
from wellstream.formats.xlsform_export import export_xlsform
from wellstream.formats.xlsform_import import import_xlsform


def _losses(report: Report) -> str:
    return "\n".join(map(str, report.losses))


def _workbook(
    tmp_path: Path,
    survey: list[list[str]],
    choices: list[list[str]] | None = None,
    header: tuple[str, ...] = ("list_name", "name", "label"),
) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "survey"
    for line in survey:
        sheet.append(line)
    other = book.create_sheet("choices")
    for line in [list(header), *(choices or [])]:
        other.append(line)
    file = tmp_path / "form.xlsx"
    book.save(file)
    return file


def test_what_we_cannot_import_is_reported(tmp_path: Path) -> None:
    survey = [
        ["type", "name", "label", "relevant", "parameters", "constraint"],
        ["begin group", "g", "Group", "", "", ""],
        ["range", "mood", "Mood?", "", "start=1 end=5 step=1", ""],
        ["select_one place", "Where is it", "Where?", "${mood} > 2", "", ""],
        ["geopoint", "here", "Here?", "", "", ""],
        ["text", "why", "Why?", "count(${mood}) > 1", "", ". != ''"],
        ["calculate", "sum", "", "", "", ""],
        ["end group", "", "", "", "", ""],
    ]
    file = _workbook(tmp_path, survey, [["place", "1 a", "A"], ["place", "b", "B"]])
    study, report = import_xlsform(file, "mine", "nl")
    assert [(item.id, item.kind) for item in study.items] == [
        ("mood", "scale"), ("where_is_it", "choice"), ("why", "text")
    ]  # fmt: skip
    assert study.languages == ("nl",)
    losses = _losses(report)
    for part in ("g: begin group", "here: a question of type 'geopoint'", "why: relevant", "why: constraint",
                 "Where is it: its name", "survey row 4, Where is it: code 1 a",
                 "sum: a question of type 'calculate'",
                 "mood: labels of the scale"):  # fmt: skip
        assert part in losses, part


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"name,type\n"])
def test_the_error_for_another_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(content)
    with pytest.raises(FormatError, match="workbook"):
        import_xlsform(file, "mine", "en")


def test_a_form_of_several_languages_keeps_its_conditions(tmp_path: Path) -> None:
    header = ["Type", "name", "Label::English (en)", "label:fr", "hint::English (en)", "relevance",
              "required", "constraint", "parameters", "repeat_count"]  # fmt: skip
    survey = [
        header,
        ["select_one five", "Mood", "How?", "Comment?", "Be honest", "", "yes"],
        ["begin_group", "Low", "Low", "Bas", "", "${Mood} < 3"],
        ["select_multiple help or_other", "Help", "What?", "", "", "", "${Mood} > 1"],
        ["begin repeat", "each", "Each", "Chaque", "", "", "", "", "", "3"],
        ["select_one yes_no", "did", "Did ${Help}?", "Oui?", "", 'selected(${Help}, "Talk To")'],
        ["end repeat"],
        ["end_group"],
        ["integer", "much", "Much?", "Combien?", "", "${did} = 'yes'", "", ".<=10 and . >= 0"],
        ["integer", "many", "Many?", "Combien?"],
        ["range", "level", "Level?", "Niveau?", "", "", "", "", "start=0; end=1; step=0.1"],
        ["note", "hello", "Hello", "Bonjour"],
        ["", "left", "Left over"],
    ]
    choices = [["five", str(n), f"e{n}", f"f{n}"] for n in range(1, 6)]
    choices += [["help", "Talk To", "Talk", "Parler", "t.png"], ["help", "x", "X", "X"]]
    choices += [["yes_no", "yes", "Sure", "Oui"], ["yes_no", "no", "No", "Non"], ["spare", "a", "A", "A"]]
    columns = ("list name", "name", "label::English (en)", "label::fr", "image")
    study, report = import_xlsform(_workbook(tmp_path, survey, choices, columns), "mine", "en")
    assert study.languages == ("en", "fr")
    assert {item.id: item.show_if for item in study.items} == {
        "mood": None,
        "help": "mood < 3",
        "did": "mood < 3 and help has talk_to",
        "much": "did = 1",
    }
    assert (study.items[0].required, study.items[0].text["fr"]) == (True, "Comment?")
    losses = _losses(report)
    for part in (
        "survey row 2, Mood: hint::English (en) 'Be honest'", "labels in between (3)",
        "survey row 3, Low: begin_group", "survey row 4, Help: or_other",
        "survey row 4, Help: the label in fr",
        "survey row 4, Help: required '${Mood} > 1'", "choices row 7, help Talk To: image 't.png'",
        "each is asked once", "survey row 5, each: repeat_count '3'", "did: an answer in the label",
        "did: the labels Sure", "much: labels of the scale", "many: a question of type 'integer' ('Many?')",
        "level: a question of type 'range'", "hello: a question of type 'note' ('Hello')",
        "survey row 13, left: the whole row", "list spare: its choices",
    ):  # fmt: skip
        assert part in losses, part
    write_study(study, tmp_path / "study.yaml", "form")
    assert load_study(tmp_path / "study.yaml") == study


@pytest.mark.parametrize(
    ("survey", "sentence"),
    [
        ([["type", "name", "label"]], "sheet survey: no questions found"),
        ([["type", "label"], ["text", "x"]], "sheet survey, row 1: the column `name` is missing"),
        ([["type", "name", "name"], ["text", "x", "y"]], "row 1: duplicate column `name`"),
        (
            [["type", "name", "label"], ["select_one l", "x", "y"]],
            "survey row 2, x: the sheet `choices` has no list 'l'",
        ),
        ([["type", "name", "label"], ["text", "", "y"]], "survey row 2, unnamed: the column `name` is empty"),
        (
            [["type", "name", "label"], ["text", "x", "y"], ["text", "X", "y"]],
            "survey row 3, X: .* x in survey row 2",
        ),
        ([["type", "name", "label::Klingonese"], ["text", "x", "y"]], "add its code, as in"),
        (
            [["type", "name", "label::en", "label::English (en)"], ["text", "x", "y"]],
            "are both for en; remove one",
        ),
        ([["type", "name", "label"], ["end group", "", ""]], "'end group' has no matching `begin`"),
        ([["type", "name", "label"], ["note", "x", "y"]], "no question could be imported as an item"),
        ([["type", "name", "label", "wellstream_sms"], ["text", "x", "y", "mood"]], "write it as `en: mood"),
        (
            [["type", "name", "label", "wellstream_measures"], ["text", "x", "y", "stress"]],
            "survey row 2, x: .*measures",
        ),
    ],
)
def test_a_bad_form_says_where(tmp_path: Path, survey: list[list[str]], sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence):
        import_xlsform(_workbook(tmp_path, survey), "mine", "en")


def test_a_choice_without_a_name_is_refused(tmp_path: Path) -> None:
    survey = [["type", "name", "label"], ["select_one l", "x", "y"]]
    file = _workbook(tmp_path, survey, [["l", "1", "A"], ["l", "", "B"]], ("list_name", "value", "label"))
    with pytest.raises(FormatError, match="sheet choices, row 3: `list_name` and `name` must both"):
        import_xlsform(file, "mine", "en")


def test_the_error_for_a_damaged_or_old_workbook_is_one_sentence(tmp_path: Path) -> None:
    intact = _workbook(tmp_path, [["type", "name", "label"], ["text", "x", "y"]])
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(intact) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, b"<oops" if "sheet1" in name else good.read(name))
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    for name, sentence in (
        ("broken.xlsx", "cannot read the workbook"),
        ("old.xls", "save it as .xlsx"), ("none.xlsx", "No such file"),
    ):  # fmt: skip
        with pytest.raises(FormatError, match=sentence):
            import_xlsform(tmp_path / name, "mine", "en")


def test_an_export_is_complete_in_edge_cases(tmp_path: Path) -> None:
    plain = load_study(DEMO).model_dump(mode="json")
    asked = {"id": "yes_no", "kind": "yes_no", "text": dict.fromkeys(("en", "nl", "ar"), "Well?")}
    other = asked | {"id": "late", "show_if": "yes_no >= 1 or yes_no < 0"}
    two = plain["items"][0] | {"id": "two", "measures": None, "show_if": "not (late = 1)"}
    two["scale"] = two["scale"] | {"max": 1}
    plain["items"] += [asked, other, two]
    book, report = export_xlsform(Study.model_validate(plain))
    file = tmp_path / "form.xlsx"
    book.save(file)
    assert "<h:html" in convert(file).xform
    assert "two: the scale" in _losses(report)
    again, _ = import_xlsform(file, "again", "en")
    conditions = [item.show_if for item in again.items[-3:]]
    assert conditions == [None, "yes_no = 1 or (yes_no = 1 and yes_no = 0)", "not late = 1"]
    plain["items"][0]["text"]["en"] = "a \x0b b"
    with pytest.raises(FormatError, match="a workbook cannot hold"):
        export_xlsform(Study.model_validate(plain))
