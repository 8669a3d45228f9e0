"""Studies to REDCap, XLSForm and FHIR, and back."""

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyxform.xls2xform import convert
from typer.testing import CliRunner

from schemas.study import Item, ItemKind, Study
from schemas.study.conditions import OPERATORS, Both, Compare, Condition, Has, Not, holds, parse_condition
from schemas.study.file import load_study
from tests.conftest import DEMO
from wellstream.cli.app import app
from wellstream.formats.conditions import (
    Asked,
    CannotExpress,
    format_condition,
    from_redcap,
    from_xlsform,
    show_if,
    to_redcap,
    to_xlsform,
)
from wellstream.formats.fhir import export_fhir
from wellstream.formats.losses import Report
from wellstream.formats.redcap_export import export_redcap
from wellstream.formats.redcap_import import import_redcap
from wellstream.formats.starter import write_study
from wellstream.formats.xlsform_export import export_xlsform
from wellstream.formats.xlsform_import import import_xlsform

EVERY_KIND = Path(__file__).parents[2] / "studies" / "every_kind.yaml"
STUDIES = [DEMO, EVERY_KIND]
KINDS: dict[str, ItemKind] = {"stress": "scale", "where": "choice", "coping": "choices", "alone": "yes_no"}
EARLIER = {
    "stress": Asked("stress", "scale"),
    "where": Asked("where", "choice", {"home": "home", "work": "work"}),
    "coping": Asked("coping", "choices", {"one": "one", "two": "two"}),
    "alone": Asked("alone", "yes_no"),
    "why": Asked("why", "text"),
}
SPOKEN = EARLIER | {"alone": Asked("alone", "yes_no", {"yes": "1", "no": "0"})}

_leaf = st.one_of(
    st.builds(Compare, st.just("stress"), st.sampled_from(sorted(OPERATORS)), st.integers(0, 10)),
    st.builds(Compare, st.just("alone"), st.sampled_from(sorted(OPERATORS)), st.integers(-1, 2)),
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
    assert holds(parse_condition(format_condition(condition)), answers) == holds(condition, answers)
    for there, back, earlier in ((to_redcap, from_redcap, EARLIER), (to_xlsform, from_xlsform, SPOKEN)):
        again = back(there(condition, KINDS), earlier)
        assert holds(again, answers) == holds(condition, answers)


@pytest.mark.parametrize(
    ("logic", "why"),
    [
        ("[stress] > [mood]", "not a whole number|no equivalent"),
        ("datediff([a],'today','d') > 3", "'datediff'"),
        ("[event_arm_1][stress] > 3", "event_arm_1"),
        ("[stress] = ''", "not a whole number"),
        ("[stress] > '2.5'", "not a whole number"),
        ("[mood] = '1'", "refers to mood, which is not an earlier item"),
        ("[coping] = 'one'", "coping is not a number"),
        ("[coping(three)] = '1'", "no answer 'three'"),
        ("[coping(one)] > '0'", "ticked"),
        ("[where] > 'home'", "where is not a number"),
        ("[why] = '3'", "why is free text"),
        ("[stress] > 3 and stress > 4", "'stress'"),
        ("[stress] > 3 and", "`show_if` has no equivalent"),
        ("rubbish(", "'rubbish'"),
        (" or ".join(["[stress] = '1'"] * 60), "longer than 500"),
        ("(" * 30 + "[stress] = '1'" + ")" * 30, "`show_if` has no equivalent"),
    ],
)
def test_logic_without_an_equivalent_says_why(logic: str, why: str) -> None:
    with pytest.raises(CannotExpress, match=why):
        show_if(logic, EARLIER, from_redcap)


@pytest.mark.parametrize(
    ("relevant", "expected"),
    [
        ("${stress} > 3 and selected(${coping}, 'one')", "stress > 3 and coping has one"),
        ('selected( ${coping} ,"two")', "coping has two"),
        ("not(${where} = 'home') or ${alone}='no'", "not where has home or alone = 0"),
        ("${where} < 'home'", None),
        ("${coping} = 'one'", None),
        ("count-selected(${coping}) > 1", None),
        ("${stress} > ${mood}", None),
        (". > 3", None),
    ],
)
def test_a_relevant_becomes_a_show_if(relevant: str, expected: str | None) -> None:
    if expected is not None:
        assert show_if(relevant, SPOKEN, from_xlsform) == expected
        return
    with pytest.raises(CannotExpress):
        show_if(relevant, SPOKEN, from_xlsform)


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
        assert [item.show_if for item in again.items] == [item.show_if for item in study.items]
        unmeasured = {
            i.id.replace("-", "_")
            for i in study.items
            if i.measures is None and i.kind in ("scale", "choices")
        }
        assert {loss.where for loss in report.losses} - unmeasured == {
            "record_id", "interventions, arms", "schedule", "safety.notice", "safety.contacts",
            "safety.crisis", "sms"
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
    assert [item.show_if for item in again.items] == [item.show_if for item in study.items]


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_a_questionnaire_is_valid_and_refers_to_its_items(file: Path) -> None:
    study = load_study(file)
    made, _ = export_fhir(study)
    again = Questionnaire.model_validate_json(made.model_dump_json())
    asked = again.item or []
    links = [item.linkId for item in asked]
    assert links == [item.id for item in study.items]
    for place, item in enumerate(asked):
        for when in item.enableWhen or ():
            assert when.question in links[:place]
    plain = json.loads(made.model_dump_json())
    assert "nl" in json.dumps(plain["item"][0]["_text"])


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    plain = load_study(DEMO).model_dump()
    plain["items"][0]["text"] = dict.fromkeys(("en", "nl", "ar"), "=HYPERLINK(1)")
    study = Study.model_validate(plain)
    text, _ = export_redcap(study, "en")
    assert "'=HYPERLINK" in text
    book, _ = export_xlsform(study)
    assert book["survey"]["C2"].data_type == "s"
    path = tmp_path / "form.xlsx"
    book.save(path)
    again, _ = import_xlsform(path, "again", "en")
    assert again.items[0].text["en"] == "=HYPERLINK(1)"
    assert load_workbook(path)["survey"]["C2"].data_type != "f"


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


def test_a_file_is_not_written_over_unasked(tmp_path: Path) -> None:
    run = CliRunner()
    form, out = tmp_path / "demo.csv", tmp_path / "study.yaml"
    run.invoke(app, ["study", "export", str(DEMO), "--format", "redcap", "--out", str(form)])
    out.write_text("mine", encoding="utf-8")
    asked = ["study", "import", str(form), "--id", "again", "--out", str(out)]
    refused = run.invoke(app, asked)
    assert (refused.exit_code, out.read_text(encoding="utf-8")) == (1, "mine")
    assert "already exists; choose another name for --out, or add --force" in refused.output
    assert run.invoke(app, [*asked, "--force"]).exit_code == 0
    assert load_study(out).id == "again"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"--id": "Sleep Well"}, "--id Sleep Well: use lower-case letters"),
        ({"--language": "Dutch"}, "--language Dutch: use a language tag such as en or nl"),
        ({"--out": "none/study.yaml"}, "the folder none does not exist; name a file in an existing folder"),
        ({"--out": "."}, "this is a folder"),
    ],
)
def test_a_bad_option_is_named(tmp_path: Path, changed: dict[str, str], sentence: str) -> None:
    run = CliRunner()
    form = tmp_path / "demo.csv"
    run.invoke(app, ["study", "export", str(DEMO), "--format", "redcap", "--out", str(form)])
    options = {"--id": "again", "--out": str(tmp_path / "study.yaml")} | changed
    done = run.invoke(
        app, ["study", "import", str(form), *(word for pair in options.items() for word in pair)]
    )
    assert done.exit_code == 1
    assert sentence in done.output


def test_a_file_of_no_known_kind_is_asked_about(tmp_path: Path) -> None:
    form = tmp_path / "form.docx"
    form.write_bytes(b"")
    out = tmp_path / "study.yaml"
    done = CliRunner().invoke(app, ["study", "import", str(form), "--id", "again", "--out", str(out)])
    assert done.exit_code == 1
    assert "unknown file type; add `--format redcap` or `--format xlsform`" in done.output


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        ("alone = 0", [("alone", "=", False)]),
        ("not alone >= 1", [("alone", "=", False)]),
        ("alone >= 0", [("alone", "exists", True)]),
        ("alone > 1", None),
        ("mood >= 3 and not coping has none", [("mood", ">=", 3), ("coping", "!=", "none")]),
        ("not (mood < 3 or stress = 1)", [("mood", ">=", 3), ("stress", "!=", 1)]),
        ("mood = 1 and (stress = 1 or stress = 2)", None),
    ],
)
def test_a_questionnaire_asks_what_the_study_asks(
    condition: str, when: list[tuple[str, str, bool | int | str]] | None
) -> None:
    plain = load_study(DEMO).model_dump(mode="json")
    words = dict.fromkeys(("en", "nl", "ar"), "Well?")
    plain["items"] += [
        {"id": "alone", "kind": "yes_no", "text": words},
        {"id": "last", "kind": "text", "text": words, "sms_text": words, "show_if": condition},
    ]
    made, report = export_fhir(Study.model_validate(plain))
    last = json.loads(made.model_dump_json())["item"][-1]
    found = [
        (
            one["question"],
            one["operator"],
            next(
                v.get("code") if isinstance(v, dict) else v for k, v in one.items() if k.startswith("answer")
            ),
        )
        for one in last.get("enableWhen", [])
    ]
    assert found == (when or [])
    assert (last.get("enableBehavior") == "all") == (len(found) > 1)
    losses = _losses(report)
    assert ("last: show_if" in losses) == (when is None)
    assert "last: its short question for SMS" in losses
    assert "mood: its SMS keywords" in losses


def test_a_questionnaire_has_a_name_for_programs() -> None:
    plain = load_study(DEMO).model_dump(mode="json") | {"id": "sleep-well"}
    made, _ = export_fhir(Study.model_validate(plain))
    assert (made.name, made.subjectType) == ("Sleep_well", ["Patient"])


def _losses(report: Report) -> str:
    return "\n".join(map(str, report.losses))
