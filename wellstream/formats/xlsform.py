"""XLSForm: a workbook with the sheets `survey`, `choices` and `settings`, in several languages."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from schemas.conditions import parse_condition
from schemas.study import Item, ItemKind, Study
from wellstream.formats.conditions import from_xlsform, to_xlsform, written
from wellstream.formats.loss import FormatError, Report
from wellstream.formats.starter import study_of

_NAMES = {
    "en": "English", "nl": "Dutch", "ar": "Arabic", "fr": "French", "de": "German", "es": "Spanish",
    "pt": "Portuguese", "it": "Italian", "tr": "Turkish", "pl": "Polish", "sw": "Swahili",
}  # fmt: skip
_YES_NO = "yes_no"
_SCALE = re.compile(r"^-?\d{1,4}$")
_IGNORED = frozenset(
    {"start", "end", "today", "deviceid", "phonenumber", "username", "audit", "note", "hidden"}
)
_GROUPS = frozenset({"begin group", "end group", "begin_group", "end_group"})
_FEWEST_OF_A_SCALE = 3
Row = Mapping[str, str]


def export_xlsform(study: Study) -> tuple[Workbook, Report]:
    """The items as a workbook in all the study's languages, and what it could not carry."""
    report = Report()
    report.lose(
        "arms, interventions, schedule, safety, texts", "not carried", "XLSForm has no place for them"
    )
    kinds = {item.id: item.kind for item in study.items}
    labels = [f"label::{_NAMES.get(code, code)} ({code})" for code in study.languages]
    book = Workbook()
    book.remove(book.worksheets[0])
    survey, choices = book.create_sheet("survey"), book.create_sheet("choices")
    survey.append(["type", "name", *labels, "required", "relevant", "wellstream_measures", "wellstream_sms"])
    choices.append(["list_name", "name", *labels, "wellstream_exclusive"])
    words = {"yes": {"en": "Yes", "nl": "Ja", "ar": "نعم"}, "no": {"en": "No", "nl": "Nee", "ar": "لا"}}
    if "yes_no" in kinds.values():
        for answer, spoken in words.items():
            choices.append([_YES_NO, answer, *(spoken.get(code, answer) for code in study.languages), ""])
    for item in study.items:
        relevant = to_xlsform(parse_condition(item.show_if), kinds) if item.show_if else ""
        texts = [item.text[code] for code in study.languages]
        survey.append([
            _type(item), item.id, *map(_safe, texts), "yes" if item.required else "", relevant,
            item.measures.value if item.measures else "", _sms(item),
        ])  # fmt: skip
        for name, said, exclusive in _choices(item, study):
            choices.append([item.id, name, *map(_safe, said), "yes" if exclusive else ""])
        if item.sms_text:
            report.lose(item.id, "its short question for texts", "XLSForm has no place for it")
    settings = book.create_sheet("settings")
    first = study.languages[0]
    settings.append(["form_title", "form_id", "version", "default_language"])
    settings.append([
        _safe(study.title[first]), study.id, str(study.version), f"{_NAMES.get(first, first)} ({first})",
    ])  # fmt: skip
    return book, report


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _type(item: Item) -> str:
    match item.kind:
        case "scale" | "choice":
            return f"select_one {item.id}"
        case "choices":
            return f"select_multiple {item.id}"
        case "yes_no":
            return f"select_one {_YES_NO}"
        case "text":
            return "text"


def _choices(item: Item, study: Study) -> Iterator[tuple[str, list[str], bool]]:
    if item.scale:
        for number in range(item.scale.min, item.scale.max + 1):
            ends = {item.scale.min: item.scale.low, item.scale.max: item.scale.high}.get(number)
            said = [f"{number} = {ends[code]}" if ends else str(number) for code in study.languages]
            yield str(number), said, False
    for option in item.options:
        yield option.id, [option.text[code] for code in study.languages], option.exclusive


def _sms(item: Item) -> str:
    return "; ".join(f"{code}: {', '.join(names)}" for code, names in item.sms.items())


def import_xlsform(file: Path, study_id: str, language: str) -> tuple[Study, Report]:
    """The study that a workbook's questions make, and what could not be carried.

    Args:
        file: The workbook.
        study_id: The id of the study.
        language: Of labels without a language.

    Raises:
        FormatError: The file is no XLSForm, or a question cannot be used.
    """
    report = Report()
    sheets = _sheets(file)
    survey = [row for row in sheets["survey"] if row.get("type")]
    languages = _languages(survey, language)
    lists: dict[str, list[Row]] = {}
    for row in sheets.get("choices", []):
        lists.setdefault(row.get("list_name") or row.get("list name", ""), []).append(row)
    items: list[dict[str, Any]] = []
    kinds: dict[str, ItemKind] = {}
    for row in survey:
        made = _item(row, lists, languages, language, report)
        if made is None:
            continue
        if made["id"] in kinds:
            raise FormatError(f"{file}, sheet survey: the name {made['id']} stands twice")
        if relevant := row.get("relevant") or row.get("relevance", ""):
            _branch(made, relevant, kinds, report)
        kinds[made["id"]] = made["kind"]
        items.append(made)
    if not items:
        raise FormatError(f"{file}: there is no question that could be an item")
    settings = next(iter(sheets.get("settings", [])), {})
    title = dict.fromkeys(languages, settings.get("form_title") or study_id)
    return study_of(study_id, title, list(languages), items, report), report


def _sheets(file: Path) -> dict[str, list[Row]]:
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise FormatError(f"{file}: is no workbook (.xlsx): {error}") from None
    found: dict[str, list[Row]] = {}
    for sheet in book.worksheets:
        table = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        if table:
            header = [cell.strip() for cell in table[0]]
            found[sheet.title.strip().lower()] = [dict(zip(header, row, strict=False)) for row in table[1:]]
    book.close()
    if "survey" not in found:
        raise FormatError(f"{file}: there is no sheet `survey`")
    if not found["survey"] or not {"type", "name"} <= set(found["survey"][0]):
        raise FormatError(f"{file}, sheet survey: the columns `type` and `name` are needed")
    return found


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _languages(survey: list[Row], plain: str) -> dict[str, str]:
    """The languages of the labels: code and the column's name."""
    found: dict[str, str] = {}
    codes = {name.lower(): code for code, name in _NAMES.items()}
    for column in survey[0] if survey else ():
        label, _, named = column.partition("::")
        if label != "label" or not named:
            continue
        code = re.search(r"\(([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*$", named)
        known = code[1] if code else codes.get(named.strip().lower())
        if known is None:
            raise FormatError(
                f"sheet survey: write the column {column!r} with a code, such as `label::English (en)`"
            )
        found[known] = column
    return found or {plain: "label"}


def _item(
    row: Row, lists: Mapping[str, list[Row]], languages: Mapping[str, str], plain: str, report: Report
) -> dict[str, Any] | None:
    kind, _, rest = " ".join(row["type"].split()).partition(" ")
    whole = f"{kind} {rest}".strip()
    name = row.get("name", "").strip()
    if whole in _GROUPS or kind in _IGNORED:
        if not whole.startswith("end"):
            report.lose(name or whole, whole, "only questions are carried, in one list")
        return None
    slug = re.sub(r"[^a-z0-9_-]", "_", name.lower())[:48]
    slug = slug if slug[:1].isalpha() else f"q{slug}"[:48]
    item: dict[str, Any] = {"id": slug, "text": _texts(row, languages, name)}
    if slug != name:
        report.lose(name, "its name", f"it is {slug} here")
    if not _fill(item, kind, rest, row, lists, languages, report):
        report.lose(name or whole, f"a question of type {whole!r}", "there is no such item")
        return None
    if row.get("required", "").lower() in ("yes", "true", "true()"):
        item["required"] = True
    for lost in ("constraint", "calculation", "hint", "default", "appearance", "choice_filter"):
        if any(value for column, value in row.items() if column.split("::")[0] == lost):
            report.lose(name, lost, "not carried")
    if measures := row.get("wellstream_measures"):
        item["measures"] = measures
    elif item["kind"] in ("scale", "choices"):
        report.lose(name, "what it measures", "not in the format; fill in, else it has no indicators")
    if sms := row.get("wellstream_sms"):
        said = (part.partition(":") for part in sms.split(";"))
        item["sms"] = {code.strip(): [one.strip() for one in names.split(",")] for code, _, names in said}
    return item


def _fill(
    item: dict[str, Any], kind: str, rest: str, row: Row, lists: Mapping[str, list[Row]],
    languages: Mapping[str, str], report: Report,
) -> bool:  # fmt: skip
    name = item["id"]
    if kind == "range":
        numbers = dict(part.split("=") for part in row.get("parameters", "").split() if "=" in part)
        low, high, step = (
            numbers.get(key, usual) for key, usual in (("start", "0"), ("end", "10"), ("step", "1"))
        )
        if not all(_SCALE.match(number) for number in (low, high)) or step != "1":
            return False
        ends = {side: dict.fromkeys(languages, number) for side, number in (("low", low), ("high", high))}
        item |= {"kind": "scale", "scale": {"min": int(low), "max": int(high), **ends}}
        report.lose(name, "words at the ends of the scale", "a range has none; fill in")
    elif kind == "text":
        item["kind"] = "text"
    elif kind in ("select_one", "select_multiple"):
        rows = lists.get(rest.split()[0] if rest else "", [])
        if not rows:
            return False
        _select(item, kind, rows, languages, report)
    else:
        return False
    return True


def _select(
    item: dict[str, Any], kind: str, rows: list[Row], languages: Mapping[str, str], report: Report
) -> None:
    codes = [row["name"] for row in rows]
    numbers = [int(code) for code in codes if _SCALE.match(code)]
    if kind == "select_one" and sorted(codes) == ["no", "yes"]:
        item["kind"] = "yes_no"
        return
    steps = list(range(numbers[0], numbers[-1] + 1)) if numbers else []
    if kind == "select_one" and numbers == steps and _FEWEST_OF_A_SCALE <= len(numbers) == len(codes):
        between = [
            row for row in rows[1:-1] if any(row.get(c) not in ("", row["name"]) for c in languages.values())
        ]
        if between:
            report.lose(item["id"], f"the words of {len(between)} numbers between the ends", "not carried")
        low, high = (
            {code: _end(row, column) for code, column in languages.items()} for row in (rows[0], rows[-1])
        )
        item |= {"kind": "scale", "scale": {"min": numbers[0], "max": numbers[-1], "low": low, "high": high}}
        return
    options = []
    for row in rows:
        slug = re.sub(r"[^a-z0-9_-]", "_", row["name"].lower())
        slug = (slug if slug[:1].isalpha() else f"o{slug}")[:48]
        if slug != row["name"]:
            report.lose(item["id"], f"the code {row['name']}", f"it is {slug} here")
        option: dict[str, Any] = {"id": slug, "text": _texts(row, languages, row["name"])}
        if row.get("wellstream_exclusive"):
            option["exclusive"] = True
        options.append(option)
    item |= {"kind": "choice" if kind == "select_one" else "choices", "options": options}


def _end(row: Row, column: str) -> str:
    said = row.get(column) or row["name"]
    return re.sub(rf"^{re.escape(row['name'])}\s*=\s*", "", said.removeprefix("'"))


def _texts(row: Row, languages: Mapping[str, str], otherwise: str) -> dict[str, str]:
    said = {code: (row.get(column) or "").strip() for code, column in languages.items()}
    first = next((text for text in said.values() if text), otherwise)
    return {code: _unguarded(text or first) for code, text in said.items()}


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:2] in ("=", "+", "-", "@") else text


def _branch(item: dict[str, Any], relevant: str, kinds: Mapping[str, ItemKind], report: Report) -> None:
    condition = from_xlsform(relevant, kinds)
    unknown = [name for name in re.findall(r"\$\{([^}]+)\}", relevant) if name not in kinds]
    if condition is None or unknown:
        why = f"it asks for {unknown[0]}, which is no item before it" if unknown else "it cannot be said here"
        report.lose(item["id"], f"relevant {relevant!r}", f"{why}; the item is always asked")
    else:
        item["show_if"] = written(condition)
