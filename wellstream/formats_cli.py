"""`wellstream study import` and `wellstream study export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from wellstream.errors import in_words

if TYPE_CHECKING:
    from wellstream.formats.loss import Report

_err = Console(stderr=True)


class ImportFormat(StrEnum):
    """What can be read."""

    REDCAP = "redcap"
    XLSFORM = "xlsform"


class ExportFormat(StrEnum):
    """What can be written."""

    REDCAP = "redcap"
    XLSFORM = "xlsform"
    FHIR = "fhir"


def study_import(
    file: Annotated[Path, typer.Argument(help="A REDCap data dictionary (.csv) or an XLSForm (.xlsx).")],
    study_id: Annotated[str, typer.Option("--id", help="The new study's id, such as sleep-well.")],
    out: Annotated[Path, typer.Option(help="Where to write the study.")],
    format_: Annotated[ImportFormat | None, typer.Option("--format", help="By the name by default.")] = None,
    language: Annotated[str, typer.Option(help="Language of texts that do not say theirs.")] = "en",
) -> None:
    """Make a study from a REDCap data dictionary or an XLSForm; reports what could not be carried.

    Example: `wellstream study import dictionary.csv --id sleep-well --out studies/sleep-well.yaml`
    """
    in_words(lambda: _import(file, study_id, out, format_, language))


def _import(file: Path, study_id: str, out: Path, format_: ImportFormat | None, language: str) -> None:
    from wellstream.formats.redcap import import_redcap
    from wellstream.formats.starter import write_study
    from wellstream.formats.xlsform import import_xlsform

    chosen = format_ or (ImportFormat.XLSFORM if file.suffix.lower() == ".xlsx" else ImportFormat.REDCAP)
    reader = import_redcap if chosen == ImportFormat.REDCAP else import_xlsform
    study, report = reader(file, study_id, language)
    write_study(study, out, file.name)
    _err.print(f"{out}: {len(study.items)} items of {file.name}; look at what is said below", highlight=False)
    _print(report)


def study_export(
    file: Annotated[Path, typer.Argument(help="The study's YAML file.")],
    format_: Annotated[ExportFormat, typer.Option("--format", help="Which format.")],
    out: Annotated[Path, typer.Option(help="Where to write it.")],
    language: Annotated[str, typer.Option(help="For REDCap, which has one; the first by default.")] = "",
) -> None:
    """Write a study's items as a REDCap data dictionary, an XLSForm or a FHIR Questionnaire.

    Example: `wellstream study export studies/demo.yaml --format xlsform --out demo.xlsx`
    """
    in_words(lambda: _export(file, format_, out, language))


def _export(file: Path, format_: ExportFormat, out: Path, language: str) -> None:
    from schemas.study_file import load_study
    from wellstream.formats.fhir import export_fhir
    from wellstream.formats.loss import FormatError
    from wellstream.formats.redcap import export_redcap
    from wellstream.formats.xlsform import export_xlsform

    study = load_study(file)
    if language and language not in study.languages:
        raise FormatError(f"{study.ref} has no texts in {language}; it has {', '.join(study.languages)}")
    if format_ == ExportFormat.REDCAP:
        text, report = export_redcap(study, language or study.languages[0])
        out.write_text(text, encoding="utf-8-sig", newline="")
    elif format_ == ExportFormat.XLSFORM:
        book, report = export_xlsform(study)
        book.save(out)
    else:
        questionnaire, report = export_fhir(study)
        out.write_text(questionnaire.model_dump_json(indent=2), encoding="utf-8")
    _err.print(f"{out}: {len(study.items)} items of {study.ref}", highlight=False)
    _print(report)


def _print(report: Report) -> None:
    if report.losses:
        _err.print(f"not carried, or to be filled in: {len(report.losses)}", style="yellow")
    for loss in report.losses:
        _err.print(f"  {loss}", highlight=False, markup=False)
