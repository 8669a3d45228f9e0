"""REDCap's data dictionary: 18 columns, one field a row, one language."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.conditions import parse_condition
from schemas.study import Item, ItemKind, Study
from wellstream.formats.conditions import from_redcap, to_redcap, written
from wellstream.formats.loss import FormatError, Report
from wellstream.formats.starter import study_of

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?",
    "Branching Logic (Show field only if...)", "Required Field?", "Custom Alignment",
    "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?", "Field Annotation",
)  # fmt: skip
_API_NAMES = (
    "field_name", "form_name", "section_header", "field_type", "field_label",
    "select_choices_or_calculations", "field_note", "text_validation_type_or_show_slider_number",
    "text_validation_min", "text_validation_max", "identifier", "branching_logic", "required_field",
    "custom_alignment", "question_number", "matrix_group_name", "matrix_ranking", "field_annotation",
)  # fmt: skip
_TAG = "@WELLSTREAM="
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NOT_CARRIED = {
    "calc": "a calculation",
    "file": "an upload",
    "signature": "a signature",
    "descriptive": "text without a question",
    "sql": "a query",
}
_FEWEST_OF_A_SCALE = 3
_LONGEST_SCALE = 21


def export_redcap(study: Study, language: str) -> tuple[str, Report]:
    """The items as a data dictionary in one language, and what it could not carry."""
    report = Report()
    others = [one for one in study.languages if one != language]
    if others:
        report.lose("languages", ", ".join(others), "a data dictionary has one language; export each")
    report.lose("arms, interventions, schedule, safety, texts", "not carried", "REDCap keeps these elsewhere")
    kinds = {item.id: item.kind for item in study.items}
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for item in study.items:
        rows.writerow(_row(item, study, language, kinds))
    return out.getvalue(), report


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _row(item: Item, study: Study, language: str, kinds: dict[str, ItemKind]) -> list[str]:
    kind, choices = _type_and_choices(item, study, language)
    logic = to_redcap(parse_condition(item.show_if), kinds) if item.show_if else ""
    return [
        item.id.replace("-", "_"), study.id.replace("-", "_"), "", kind,
        _safe(study.in_language(item.text, language)), choices, "", "", "", "", "", logic,
        "y" if item.required else "", "", "", "", "", _annotation(item, language),
    ]  # fmt: skip


def _type_and_choices(item: Item, study: Study, language: str) -> tuple[str, str]:
    say = study.in_language
    if item.scale:
        labels = {number: str(number) for number in range(item.scale.min, item.scale.max + 1)}
        labels[item.scale.min] += f" = {say(item.scale.low, language)}"
        labels[item.scale.max] += f" = {say(item.scale.high, language)}"
        return "radio", " | ".join(f"{number}, {_plain(label)}" for number, label in labels.items())
    if item.options:
        shown = (
            f"{option.id.replace('-', '_')}, {_plain(say(option.text, language))}" for option in item.options
        )
        return "radio" if item.kind == "choice" else "checkbox", " | ".join(shown)
    return ("yesno", "") if item.kind == "yes_no" else ("notes", "")


def _plain(label: str) -> str:
    return label.replace("|", "/")


def _annotation(item: Item, language: str) -> str:
    """What a data dictionary has no column for, so that it comes back whole."""
    kept: dict[str, Any] = {}
    if "-" in item.id:
        kept["id"] = item.id
    if item.measures:
        kept["measures"] = item.measures.value
    if item.sms.get(language):
        kept["sms"] = list(item.sms[language])
    if item.sms_text:
        kept["sms_text"] = item.sms_text.get(language)
    if item.show_if:
        kept["show_if"] = item.show_if
    if exclusive := [option.id for option in item.options if option.exclusive]:
        kept["exclusive"] = exclusive
    if dashed := [option.id for option in item.options if "-" in option.id]:
        kept["options"] = dashed
    return _TAG + json.dumps(kept, ensure_ascii=False) if kept else ""


def import_redcap(file: Path, study_id: str, language: str) -> tuple[Study, Report]:
    """The study that a data dictionary's fields make, and what could not be carried.

    Raises:
        FormatError: The file is no data dictionary, or a field cannot be used.
    """
    report = Report()
    rows = list(_rows(file))
    items: list[dict[str, Any]] = []
    kinds: dict[str, ItemKind] = {}
    names: dict[str, str] = {}
    for number, row in rows:
        name = row["field_name"].strip().lower()
        if name in names:
            raise FormatError(f"{file}, row {number}: the variable {name} stands twice")
        made = _item(row, name, number, file, language, report)
        names[name] = made["id"] if made else ""
        if made is None:
            continue
        logic = row["branching_logic"].strip()
        if logic and "show_if" not in made:
            _branch(made, logic, kinds, names, report)
        kinds[name] = made["kind"]
        kinds[made["id"]] = made["kind"]
        items.append(made)
    if not items:
        raise FormatError(f"{file}: there is no field that could be an item")
    title = {language: rows[0][1]["form_name"].replace("_", " ").strip().capitalize() or study_id}
    return study_of(study_id, title, [language], items, report), report


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{file}: cannot be read: {error}") from None
    table = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip() for cell in next(table, [])]
    api = dict(zip(COLUMNS, _API_NAMES, strict=True)) | {name: name for name in _API_NAMES}
    known = [api.get(cell, "") for cell in header]
    for needed in ("field_name", "field_type", "field_label"):
        if needed not in known:
            raise FormatError(f"{file}, row 1: there is no column {COLUMNS[_API_NAMES.index(needed)]!r}")
    for number, cells in enumerate(table, start=2):
        row = dict.fromkeys(_API_NAMES, "") | {
            name: cell for name, cell in zip(known, cells, strict=False) if name
        }
        if any(cell.strip() for cell in cells):
            yield number, row


def _item(
    row: dict[str, str], name: str, number: int, file: Path, language: str, report: Report
) -> dict[str, Any] | None:
    kept = _kept(row["field_annotation"])
    kind = row["field_type"].strip().lower()
    if row["section_header"].strip():
        report.lose(name, "section header", "items have no sections")
    if row["matrix_group_name"].strip():
        report.lose(name, f"matrix {row['matrix_group_name'].strip()}", "its questions are asked one by one")
    if row["identifier"].strip().lower() == "y":
        report.lose(name, "the whole field", "it identifies people, and answers here must not")
        return None
    if kind in _NOT_CARRIED:
        report.lose(name, "the whole field", f"{_NOT_CARRIED[kind]} is no item")
        return None
    item: dict[str, Any] = {"id": kept.get("id") or _slug(name), "text": {language: _text(row, name, report)}}
    if item["id"] != name and "id" not in kept:
        report.lose(name, "its name", f"it is {item['id']} here")
    filled = _fill(item, kind, row, name, kept, language, report)
    if filled is None:
        raise FormatError(f"{file}, row {number}: the field type {kind!r} of {name} is not known")
    if not filled:
        return None
    if row["required_field"].strip().lower() == "y":
        item["required"] = True
    for same in ("measures", "show_if"):
        if same in kept:
            item[same] = kept[same]
    if "sms" in kept:
        item["sms"] = {language: kept["sms"]}
    if kept.get("sms_text"):
        item["sms_text"] = {language: kept["sms_text"]}
    if "measures" not in kept and item["kind"] in ("scale", "choices"):
        report.lose(
            name, "what it measures", "not in the format; without it there are no indicators; fill in"
        )
    return item


def _fill(
    item: dict[str, Any], kind: str, row: dict[str, str], name: str, kept: dict[str, Any], language: str,
    report: Report,
) -> bool | None:  # fmt: skip
    """Say what kind of item it is; None for an unknown type, False for a field that is no item."""
    if kind in ("yesno", "truefalse"):
        item["kind"] = "yes_no"
    elif kind in ("radio", "dropdown", "checkbox"):
        _choices(item, kind, row, name, kept, language, report)
    elif kind == "slider":
        labels = [part.strip() for part in row["select_choices_or_calculations"].split("|")]
        ends = [labels[0] or "0", labels[-1] or "100"] if len(labels) > 1 else ["0", "100"]
        low, high = ({language: text} for text in ends)
        item |= {"kind": "scale", "scale": {"min": 0, "max": 100, "low": low, "high": high}}
        report.lose(name, "the slider", "it is a scale from 0 to 100, shown as buttons: consider fewer steps")
    elif kind in ("text", "notes"):
        return _text_field(item, row, name, language, report)
    else:
        return None
    return True


def _text_field(item: dict[str, Any], row: dict[str, str], name: str, language: str, report: Report) -> bool:
    validation = row["text_validation_type_or_show_slider_number"].strip().lower()
    bounds = [row["text_validation_min"].strip(), row["text_validation_max"].strip()]
    if validation == "integer" and all(re.fullmatch(r"-?\d{1,3}", bound) for bound in bounds):
        low, high = (int(bound) for bound in bounds)
        ends = {"low": {language: str(low)}, "high": {language: str(high)}}
        item |= {"kind": "scale", "scale": {"min": low, "max": high, **ends}}
    elif validation:
        report.lose(name, "the whole field", f"{validation} without bounds is no scale, and no free text")
        return False
    else:
        item["kind"] = "text"
    return True


def _choices(
    item: dict[str, Any], kind: str, row: dict[str, str], name: str, kept: dict[str, Any], language: str,
    report: Report,
) -> None:  # fmt: skip
    pairs = []
    for part in row["select_choices_or_calculations"].split("|"):
        code, _, label = part.strip().partition(",")
        if code.strip():
            pairs.append((code.strip(), label.strip() or code.strip()))
    numbers = [int(code) for code, _ in pairs if re.fullmatch(r"-?\d{1,3}", code)]
    steps = list(range(numbers[0], numbers[-1] + 1)) if numbers else []
    if kind != "checkbox" and numbers == steps and _FEWEST_OF_A_SCALE <= len(numbers) == len(pairs):
        ends = [re.sub(rf"^{number}\s*=\s*", "", label) for number, label in (pairs[0], pairs[-1])]
        between = [label for code, label in pairs[1:-1] if label != code]
        if between:
            report.lose(
                name, f"the words of {len(between)} numbers between the ends", "a scale names its ends"
            )
        if len(numbers) > _LONGEST_SCALE:
            report.lose(name, f"{len(numbers)} buttons", "carried, and hard to use on a telephone")
        low, high = ({language: end} for end in ends)
        item |= {"kind": "scale", "scale": {"min": numbers[0], "max": numbers[-1], "low": low, "high": high}}
        return
    dashed = {option.replace("-", "_"): option for option in kept.get("options", [])}
    options = []
    for code, label in pairs:
        slug = dashed.get(code) or _slug(code)
        if slug not in (code, dashed.get(code)):
            report.lose(name, f"the code {code}", f"it is {slug} here")
        option: dict[str, Any] = {"id": slug, "text": {language: _stripped(label)}}
        if slug in kept.get("exclusive", []):
            option["exclusive"] = True
        options.append(option)
    item |= {"kind": "choices" if kind == "checkbox" else "choice", "options": options}


def _branch(
    item: dict[str, Any], logic: str, kinds: dict[str, ItemKind], names: dict[str, str], report: Report
) -> None:
    condition = from_redcap(logic, kinds)
    said = written(condition) if condition else ""
    for name, here in names.items():
        if here and here != name:
            said = re.sub(rf"\b{re.escape(name)}\b", here, said)
    unknown = [name for name in re.findall(r"\[([a-z0-9_]+)", logic) if not names.get(name)]
    if condition is None or unknown:
        why = f"it asks for {unknown[0]}, which is no item before it" if unknown else "it cannot be said here"
        report.lose(item["id"], f"branching logic {logic!r}", f"{why}; the item is always asked")
    else:
        item["show_if"] = said


def _kept(annotation: str) -> dict[str, Any]:
    _, tag, rest = annotation.partition(_TAG)
    if not tag:
        return {}
    try:
        found, _ = json.JSONDecoder().raw_decode(rest)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(row: dict[str, str], name: str, report: Report) -> str:
    label = row["field_label"].strip()
    label = label[1:] if label.startswith("'") and label[1:2] in _FORMULA else label
    stripped = _stripped(label)
    if stripped != label:
        report.lose(name, "HTML in the label", "only its words are carried")
    return stripped or name


def _stripped(text: str) -> str:
    return (
        " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", text)).split())
        if "<" in text or "&" in text
        else text
    )


def _slug(code: str) -> str:
    slug = re.sub(r"[^a-z0-9_-]", "_", code.lower())
    return (slug if slug[:1].isalpha() else f"o{slug}")[:48]
