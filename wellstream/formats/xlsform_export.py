"""Export to XLSForm: a workbook with the sheets `survey`, `choices` and `settings`, in all languages."""

from collections.abc import Iterator
from typing import assert_never

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet.worksheet import Worksheet

from locales import form_texts, has_texts
from schemas.study import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    Scale,
    ScaleItem,
    Study,
    TextItem,
    YesNoItem,
)
from schemas.study.conditions import parse_condition
from wellstream.formats.choices import note_short_scale
from wellstream.formats.conditions import to_xlsform
from wellstream.formats.losses import FormatError, Report
from wellstream.formats.xlsform_sheets import NAMES


def export_xlsform(study: Study) -> tuple[Workbook, Report]:
    """Write the items as a workbook in all the study's languages, and report what was lost.

    Raises:
        FormatError: A text contains a character that a workbook cannot hold.
    """
    report = Report()
    report.lose(
        "conditions, arms, interventions, sms, dialogue, form, schedule, safety, texts", "not supported",
        "XLSForm has no place for them",
    )  # fmt: skip
    labels = [f"label::{NAMES.get(code, code)} ({code})" for code in study.languages]
    book = Workbook()
    book.remove(book.worksheets[0])
    survey, choices = book.create_sheet("survey"), book.create_sheet("choices")
    _add(survey, "type", "name", *labels, "required", "relevant", "wellstream_measures", "wellstream_sms")
    _add(choices, "list_name", "name", *labels, "wellstream_exclusive")
    kinds = {item.id: item.kind for item in study.items}
    yes_no = "yes_no" if "yes_no" not in kinds else "answers-yes-no"
    if "yes_no" in kinds.values():
        _add_yes_no(choices, yes_no, study, report)
    for item in study.items:
        relevant = to_xlsform(parse_condition(item.show_if), kinds) if item.show_if else ""
        texts = [item.text[code] for code in study.languages]
        required = "yes" if item.required else ""
        measures = item.measures.value if item.measures else ""
        _add(survey, _type(item, yes_no), item.id, *texts, required, relevant, measures, _sms(item))
        for name, labels, exclusive in _choices(item, study):
            _add(choices, item.id, name, *labels, "yes" if exclusive else "")
        _report_losses(item, report)
    first, *others = study.languages
    if others:
        report.lose("title", f"in {', '.join(others)}", "a form has one title only")
    settings = book.create_sheet("settings")
    _add(settings, "form_title", "form_id", "version", "default_language")
    _add(settings, study.title[first], study.id, str(study.version), f"{NAMES.get(first, first)} ({first})")
    return book, report


def _add(sheet: Worksheet, *texts: str) -> None:
    """Add a row of texts, none of them a formula."""
    row = sheet.max_row + 1 if sheet.max_row > 1 or sheet.cell(1, 1).value is not None else 1
    for column, text in enumerate(texts, start=1):
        if ILLEGAL_CHARACTERS_RE.search(text):
            raise FormatError(
                f"{text!r} contains a character that a workbook cannot hold; remove it from the study"
            )
        cell = sheet.cell(row, column, text or None)
        if text.startswith(("=", "+", "-", "@")):
            cell.data_type = "s"
            cell.quotePrefix = True


def _add_yes_no(choices: Worksheet, name: str, study: Study, report: Report) -> None:
    for answer in ("yes", "no"):
        _add(choices, name, answer, *(form_texts(code)[answer] for code in study.languages), "")
    missing = [code for code in study.languages if not has_texts(code)]
    if missing:
        report.lose(
            f"sheet choices, {name}",
            f"yes and no in {', '.join(missing)}",
            "written in English; translate them",
        )


def _report_losses(item: Item, report: Report) -> None:
    if item.sms_text:
        report.lose(item.id, "its short question for SMS", "XLSForm has no place for it")
    if isinstance(item, ScaleItem):
        note_short_scale(item, report)


def _type(item: Item, yes_no: str) -> str:
    match item:
        case ScaleItem() | ChoiceItem():
            return f"select_one {item.id}"
        case MultipleChoiceItem():
            return f"select_multiple {item.id}"
        case YesNoItem():
            return f"select_one {yes_no}"
        case TextItem():
            return "text"
        case _:
            assert_never(item)


def _choices(item: Item, study: Study) -> Iterator[tuple[str, list[str], bool]]:
    match item:
        case ScaleItem():
            yield from _numbers(item.scale, study.languages)
        case ChoiceItem() | MultipleChoiceItem():
            for option in item.options:
                yield option.id, [option.text[code] for code in study.languages], option.exclusive
        case YesNoItem() | TextItem():
            pass  # all yes/no items share one list
        case _:
            assert_never(item)


def _numbers(scale: Scale, languages: tuple[str, ...]) -> Iterator[tuple[str, list[str], bool]]:
    ends = {scale.min: scale.low, scale.max: scale.high}
    for number in range(scale.min, scale.max + 1):
        end = ends.get(number)
        yield str(number), [f"{number} = {end[code]}" if end else str(number) for code in languages], False


def _sms(item: Item) -> str:
    return "; ".join(f"{code}: {', '.join(names)}" for code, names in item.sms.items())
