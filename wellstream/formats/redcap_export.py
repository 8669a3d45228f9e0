"""Export to a REDCap data dictionary: one row per field, in one language."""

import csv
import io
from collections.abc import Sequence
from typing import assert_never

from schemas.study import (
    ChoiceItem,
    Item,
    ItemKind,
    MultipleChoiceItem,
    Option,
    Scale,
    ScaleItem,
    Study,
    TextItem,
    YesNoItem,
    options_of,
)
from schemas.study.conditions import parse_condition
from wellstream.formats.choices import note_short_scale
from wellstream.formats.conditions import to_redcap
from wellstream.formats.losses import FormatError, Report
from wellstream.formats.redcap_rows import COLUMNS, FORMULA, TAG, Kept

RECORD = "record_id"
"""The first field of every data dictionary: the record id."""


def export_redcap(study: Study, language: str) -> tuple[str, Report]:
    """Write the items as a data dictionary in one language, and report what was lost.

    Raises:
        FormatError: Two items would have the same name in REDCap.
    """
    report = Report()
    others = [one for one in study.languages if one != language]
    if others:
        report.lose(
            "languages", ", ".join(others), "a data dictionary holds one language; export each separately"
        )
    report.lose(
        "title, conditions, arms, interventions, sms, dialogue, form, schedule, safety, texts",
        "not supported",
        "a data dictionary holds fields only",
    )  # fmt: skip
    _check_names(study)
    kinds = {item.id: item.kind for item in study.items}
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    form = _name(study.id)
    rows.writerow([RECORD, form, "", "text", "Record ID", *[""] * 13])
    for item in study.items:
        rows.writerow(_row(item, study, language, kinds, report))
    return out.getvalue(), report


def _check_names(study: Study) -> None:
    """Refuse names that become the same in REDCap, which has `_` where ours have `-`."""
    for where, ids in [("items", [RECORD, *(item.id for item in study.items)])] + [
        (f"items.{item.id}.options", [option.id for option in options_of(item)]) for item in study.items
    ]:
        named: dict[str, str] = {}
        for one in ids:
            other = named.setdefault(_name(one), one)
            if other != one or ids.count(one) > 1:
                raise FormatError(
                    f"{study.ref}, {where}: {other} and {one} would both become {_name(one)} in REDCap; "
                    "rename one"
                )


def _name(name: str) -> str:
    return name.replace("-", "_")


def _row(item: Item, study: Study, language: str, kinds: dict[str, ItemKind], report: Report) -> list[str]:
    kind, choices = _type_and_choices(item, study, language, report)
    logic = to_redcap(parse_condition(item.show_if), kinds) if item.show_if else ""
    label = study.in_language(item.text, language)
    if label.startswith(FORMULA):
        report.lose(
            item.id,
            "the first character of its text",
            "preceded by an apostrophe, so that spreadsheets don't run it as a formula",
        )
        label = f"'{label}"
    return [
        _name(item.id), _name(study.id), "", kind, label, choices, "", "", "", "", "", logic,
        "y" if item.required else "", "", "", "", "", _annotation(item, language),
    ]  # fmt: skip


def _type_and_choices(item: Item, study: Study, language: str, report: Report) -> tuple[str, str]:
    match item:
        case ScaleItem():
            note_short_scale(item, report)
            return "radio", _joined(item, _numbers(item.scale, study, language), report)
        case ChoiceItem():
            return "radio", _joined(item, _labels(item.options, study, language), report)
        case MultipleChoiceItem():
            return "checkbox", _joined(item, _labels(item.options, study, language), report)
        case YesNoItem():
            return "yesno", ""
        case TextItem():
            return "notes", ""
        case _:
            assert_never(item)


def _numbers(scale: Scale, study: Study, language: str) -> dict[str, str]:
    labels = {str(number): str(number) for number in range(scale.min, scale.max + 1)}
    labels[str(scale.min)] += f" = {study.in_language(scale.low, language)}"
    labels[str(scale.max)] += f" = {study.in_language(scale.high, language)}"
    return labels


def _labels(options: Sequence[Option], study: Study, language: str) -> dict[str, str]:
    return {_name(option.id): study.in_language(option.text, language) for option in options}


def _joined(item: Item, labels: dict[str, str], report: Report) -> str:
    if any("|" in label or "\n" in label for label in labels.values()):
        report.lose(
            item.id,
            "`|` or a line break in an option",
            "replaced by /, since REDCap separates options with them",
        )
    plain = {code: label.replace("|", "/").replace("\n", " / ") for code, label in labels.items()}
    return " | ".join(f"{code}, {label}" for code, label in plain.items())


def _annotation(item: Item, language: str) -> str:
    options = options_of(item)
    exclusive = [option.id for option in options if option.exclusive]
    kept = Kept(
        id=item.id if "-" in item.id else None,
        measures=item.measures.value if item.measures else None,
        sms=list(item.sms[language]) if item.sms.get(language) else None,
        sms_text=(item.sms_text or {}).get(language),
        show_if=item.show_if,
        exclusive=exclusive,
        options=[option.id for option in options if "-" in option.id],
    )
    annotation = kept.model_dump_json(exclude_none=True, exclude_defaults=True)
    # REDCap enforces its own tag, so the option is exclusive there as well. An import reads both.
    tag = f"@NONEOFTHEABOVE='{','.join(map(_name, exclusive))}'" if exclusive else ""
    return f"{tag} {TAG}{annotation}".strip() if annotation != "{}" else ""
