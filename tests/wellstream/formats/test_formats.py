"""Studies to REDCap, XLSForm and FHIR, and back."""

import csv
import io
import json
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from pyxform.xls2xform import convert
from typer.testing import CliRunner

from schemas.conditions import OPERATORS, Both, Compare, Condition, Has, Not, holds
from schemas.study import Item, ItemKind, Study
from schemas.study_file import load_study
from tests.conftest import DEMO
from wellstream.cli import app
from wellstream.formats.conditions import from_redcap, from_xlsform, to_redcap, to_xlsform
from wellstream.formats.fhir import export_fhir
from wellstream.formats.loss import FormatError, Report
from wellstream.formats.redcap import COLUMNS, export_redcap, import_redcap
from wellstream.formats.starter import write_study
from wellstream.formats.xlsform import export_xlsform, import_xlsform

EVERY_KIND = Path(__file__).parents[2] / "studies" / "every_kind.yaml"
STUDIES = [DEMO, EVERY_KIND]
KINDS: dict[str, ItemKind] = {"stress": "scale", "where": "choice", "coping": "choices", "alone": "yes_no"}

_leaf = st.one_of(
    st.builds(Compare, st.just("stress"), st.sampled_from(sorted(OPERATORS)), st.integers(0, 10)),
    st.builds(Compare, st.just("alone"), st.sampled_from(["=", "!="]), st.integers(0, 1)),
    st.builds(Has, st.just("where"), st.sampled_from(["home", "work"])),
    st.builds(Has, st.just("coping"), st.sampled_from(["one", "two"])),
)
_condition = st.recursive(
    _leaf,
    lambda inner: st.builds(Not, inner) | st.builds(Both, st.sampled_from(["and", "or"]), inner, inner),
    max_leaves=6,
)
_answers = st.fixed_dictionaries(
    {
        "stress": st.integers(0, 10), "alone": st.integers(0, 1),
        "where": st.sampled_from([("home",), ("work",)]),
        "coping": st.sampled_from([(), ("one",), ("two",), ("one", "two")]),
    }
)  # fmt: skip


@given(_condition, _answers)
def test_a_condition_means_the_same_there_and_back(
    condition: Condition, answers: dict[str, int | tuple[str, ...]]
) -> None:
    for there, back in ((to_redcap, from_redcap), (to_xlsform, from_xlsform)):
        again = back(there(condition, KINDS), KINDS)
        assert again is not None
        assert holds(again, answers) == holds(condition, answers)


@pytest.mark.parametrize(
    "logic", ["[stress] > [mood]", "datediff([a],'today','d') > 3", "[stress] = ''", "rubbish("]
)
def test_logic_that_we_cannot_say_is_none(logic: str) -> None:
    assert from_redcap(logic, KINDS) is None


def _alike(one: Item, other: Item, languages: tuple[str, ...]) -> None:
    def in_these(item: Item) -> dict[str, object]:
        def cut(node: object) -> object:
            if (
                isinstance(node, dict)
                and node
                and set(node) & set(languages)
                and set(node) <= {"en", "nl", "ar"}
            ):
                return {code: text for code, text in node.items() if code in languages}
            if isinstance(node, dict):
                return {name: cut(value) for name, value in node.items()}
            return [cut(value) for value in node] if isinstance(node, list) else node

        plain = item.model_dump(mode="json", exclude={"show_if", "sms_text"})
        return {name: cut(value) for name, value in plain.items()}

    assert in_these(one) == in_these(other)
    assert (one.show_if is None) == (other.show_if is None)


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_a_data_dictionary_comes_back(file: Path, tmp_path: Path) -> None:
    study = load_study(file)
    for language in study.languages:
        text, _ = export_redcap(study, language)
        dictionary = tmp_path / "dictionary.csv"
        dictionary.write_text(text, encoding="utf-8-sig", newline="")
        again, report = import_redcap(dictionary, "again", language)
        assert [item.id for item in again.items] == [item.id for item in study.items]
        for one, other in zip(study.items, again.items, strict=True):
            _alike(one, other, (language,))
        unmeasured = {
            i.id.replace("-", "_")
            for i in study.items
            if i.measures is None and i.kind in ("scale", "choices")
        }
        assert {loss.where for loss in report.losses} - unmeasured == {
            "interventions, arms", "schedule", "safety.notice"
        }  # fmt: skip


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_an_xlsform_is_valid_and_comes_back(file: Path, tmp_path: Path) -> None:
    study = load_study(file)
    book, _ = export_xlsform(study)
    path = tmp_path / "form.xlsx"
    book.save(path)
    converted = convert(path)
    assert "<h:html" in converted.xform
    for language in study.languages:
        assert f"({language})" in converted.xform
    again, _ = import_xlsform(path, "again", "en")
    assert again.languages == study.languages
    for one, other in zip(study.items, again.items, strict=True):
        _alike(one, other, study.languages)


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_a_questionnaire_is_valid_and_refers_to_its_items(file: Path) -> None:
    study = load_study(file)
    made, _ = export_fhir(study)
    again = Questionnaire.model_validate_json(made.model_dump_json())
    links = [item.linkId for item in again.item]
    assert links == [item.id for item in study.items]
    for place, item in enumerate(again.item):
        for when in item.enableWhen or ():
            assert when.question in links[:place]
    plain = json.loads(made.model_dump_json())
    assert "nl" in json.dumps(plain["item"][0]["_text"])


def _dictionary(tmp_path: Path, *rows: dict[str, str], header: tuple[str, ...] = COLUMNS) -> Path:
    out = io.StringIO()
    writer = csv.writer(out)
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
        "section": COLUMNS[2],
    }  # fmt: skip
    given = {COLUMNS[0]: name, COLUMNS[1]: "check_in", COLUMNS[3]: kind, COLUMNS[4]: label}
    return given | {names[key]: value for key, value in more.items()}


def _losses(report: Report) -> str:
    return "\n".join(map(str, report.losses))


def test_what_redcap_has_and_we_have_not_is_reported(tmp_path: Path) -> None:
    file = _dictionary(
        tmp_path,
        row("mood", "text", "<b>How</b> are you &amp; yours?", validation="integer", low="1", high="7"),
        row("stress", "radio", choices="0, none | 1, some | 2, a lot", matrix="m1", section="Today"),
        row("who", "radio", choices="1, alone | 9, not alone"),
        row("pain", "slider", choices="none | | worst"),
        row("email", "text", validation="email", identifier="y"),
        row("born", "text", validation="date_dmy"),
        row("bmi", "calc", choices="[a]/[b]"),
        row("photo", "file"),
        row("hello", "descriptive"),
        row("what", "checkbox", choices="a, A | b, B", logic="[stress] > '1' and [who] <> 'o1'"),
        row("why", "notes", logic="[stress] > [mood]"),
        row("late", "yesno", logic="[bmi] > '3'", required="y"),
    )
    study, report = import_redcap(file, "mine", "en")
    kinds = {item.id: item.kind for item in study.items}
    assert kinds == {
        "mood": "scale", "stress": "scale", "who": "choice", "pain": "scale", "what": "choices",
        "why": "text", "late": "yes_no",
    }  # fmt: skip
    mood = study.item("mood")
    assert mood is not None
    assert mood.text["en"] == "How are you & yours?"
    what = study.item("what")
    assert what is not None
    assert what.show_if is not None
    said = _losses(report)
    for part in (
        "email: the whole field", "born: the whole field", "bmi: the whole field: a calculation",
        "photo: the whole field", "hello: the whole field", "stress: matrix m1", "stress: section header",
        "stress: the words of 1 numbers", "pain: the slider", "who: the code 1: it is o1",
        "why: branching logic", "late: branching logic", "mood: HTML", "mood: what it measures",
    ):  # fmt: skip
        assert part in said, part


@pytest.mark.parametrize(
    ("rows", "header", "sentence"),
    [
        ([row("a"), row("a")], COLUMNS, r"row 3: the variable a stands twice"),
        ([row("a", "hologram")], COLUMNS, r"row 2: the field type 'hologram' of a is not known"),
        ([], COLUMNS, "no field that could be an item"),
        ([row("a")], COLUMNS[1:], "row 1: there is no column 'Variable / Field Name'"),
        ([row("a", "radio", choices="")], COLUMNS, "item a: "),
    ],
)
def test_a_bad_dictionary_says_where(
    tmp_path: Path, rows: list[dict[str, str]], header: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(FormatError, match=sentence):
        import_redcap(_dictionary(tmp_path, *rows, header=header), "mine", "en")


def _workbook(tmp_path: Path, survey: list[list[str]], choices: list[list[str]] | None = None) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "survey"
    for line in survey:
        sheet.append(line)
    other = book.create_sheet("choices")
    for line in [["list_name", "name", "label"], *(choices or [])]:
        other.append(line)
    file = tmp_path / "form.xlsx"
    book.save(file)
    return file


def test_what_xlsform_has_and_we_have_not_is_reported(tmp_path: Path) -> None:
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
    said = _losses(report)
    for part in ("g: begin group", "here: a question of type 'geopoint'", "why: relevant", "why: constraint",
                 "Where is it: its name", "where_is_it: the code 1 a", "sum: a question of type 'calculate'",
                 "mood: words at the ends"):  # fmt: skip
        assert part in said, part


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"name,type\n"])
def test_what_is_no_workbook_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(content)
    with pytest.raises(FormatError, match="is no workbook"):
        import_xlsform(file, "mine", "en")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    plain = load_study(DEMO).model_dump()
    plain["items"][0]["text"] = dict.fromkeys(("en", "nl", "ar"), "=HYPERLINK(1)")
    study = Study.model_validate(plain)
    text, _ = export_redcap(study, "en")
    assert "'=HYPERLINK" in text
    book, _ = export_xlsform(study)
    assert book["survey"]["C2"].value == "'=HYPERLINK(1)"
    path = tmp_path / "form.xlsx"
    book.save(path)
    again, _ = import_xlsform(path, "again", "en")
    assert again.items[0].text["en"] == "=HYPERLINK(1)"


def test_a_written_study_is_read_back(tmp_path: Path) -> None:
    study = load_study(DEMO)
    write_study(study, tmp_path / "study.yaml", "demo")
    assert load_study(tmp_path / "study.yaml") == study


@pytest.mark.parametrize(("format_", "name"), [("redcap", "demo.csv"), ("xlsform", "demo.xlsx")])
def test_the_commands(tmp_path: Path, format_: str, name: str) -> None:
    run = CliRunner()
    out, study = tmp_path / name, tmp_path / "study.yaml"
    done = run.invoke(app, ["study", "export", str(DEMO), "--format", format_, "--out", str(out)])
    assert done.exit_code == 0, done.output
    done = run.invoke(app, ["study", "import", str(out), "--id", "again", "--out", str(study)])
    assert done.exit_code == 0, done.output
    assert "safety.notice" in done.output
    assert load_study(study).id == "again"
    checked = run.invoke(app, ["study", "check", str(study)])
    assert checked.exit_code == 0, checked.output


def test_a_text_that_is_dear_by_accident_fails_the_check(tmp_path: Path) -> None:
    text = DEMO.read_text(encoding="utf-8").replace("Sorry, we could not read", "We couldn’t read")
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["study", "check", str(file)])
    assert done.exit_code == 1
    assert "not_understood in en" in done.output
    assert "’" in done.output
