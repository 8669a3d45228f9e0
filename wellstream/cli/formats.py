"""`wellstream study import` and `wellstream study export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from wellstream.cli.errors import report_errors

if TYPE_CHECKING:
    from wellstream.formats.losses import Report

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


_SUFFIXES = {
    ".csv": ImportFormat.REDCAP, ".tsv": ImportFormat.REDCAP, ".txt": ImportFormat.REDCAP,
    ".xlsx": ImportFormat.XLSFORM, ".xlsm": ImportFormat.XLSFORM, ".xls": ImportFormat.XLSFORM,
}  # fmt: skip


def study_import(
    file: Annotated[Path, typer.Argument(help="A REDCap data dictionary (.csv) or an XLSForm (.xlsx).")],
    study_id: Annotated[str, typer.Option("--id", help="The new study's id, such as sleep-well.")],
    out: Annotated[Path, typer.Option(help="Where to write the study.")],
    format_: Annotated[ImportFormat | None, typer.Option("--format", help="By the name by default.")] = None,
    language: Annotated[str, typer.Option(help="Language of texts that do not say theirs.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Make a study from a REDCap data dictionary or an XLSForm; reports what could not be carried.

    For example a dictionary, then a form in Dutch:

    `wellstream study import dictionary.csv --id sleep-well --out studies/sleep-well.yaml`

    `wellstream study import form.xlsx --id sleep-well --out studies/sleep-well.yaml --language nl`
    """
    report_errors(lambda: _import(file, study_id, out, format_, language, force))


def _import(
    file: Path, study_id: str, out: Path, format_: ImportFormat | None, language: str, force: bool
) -> None:
    from wellstream.formats.losses import FormatError
    from wellstream.formats.redcap_import import import_redcap
    from wellstream.formats.starter import write_study
    from wellstream.formats.xlsform_import import import_xlsform

    chosen = format_ or _SUFFIXES.get(file.suffix.lower())
    if chosen is None:
        raise FormatError(f"{file}: say what it is with `--format redcap` or `--format xlsform`")
    _check_place(out)
    if out.exists() and not force:
        raise FormatError(f"{out} is there already; choose another name for --out, or add --force")
    reader = import_redcap if chosen == ImportFormat.REDCAP else import_xlsform
    study, report = reader(file, study_id, language)
    write_study(study, out, file.name)
    _err.print(
        f"{out}: {len(study.items)} items of {file.name}; look at what is said below",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    _print(report)


def _check_place(out: Path) -> None:
    from wellstream.formats.losses import FormatError

    if out.is_dir() or not out.parent.is_dir():
        wrong = "is a folder" if out.is_dir() else f"cannot be written: there is no folder {out.parent}"
        raise FormatError(f"--out {out}: {wrong}; name a file in a folder that is there")


def study_export(
    file: Annotated[Path, typer.Argument(help="The study's YAML file.")],
    format_: Annotated[ExportFormat, typer.Option("--format", help="Which format.")],
    out: Annotated[Path, typer.Option(help="Where to write it.")],
    language: Annotated[str, typer.Option(help="For REDCap, which has one; the first by default.")] = "",
) -> None:
    """Write a study's items as a REDCap data dictionary, an XLSForm or a FHIR Questionnaire.

    For example:

    `wellstream study export studies/demo.yaml --format xlsform --out demo.xlsx`

    `wellstream study export studies/demo.yaml --format redcap --language nl --out demo.csv`
    """
    report_errors(lambda: _export(file, format_, out, language))


def _export(file: Path, format_: ExportFormat, out: Path, language: str) -> None:
    from schemas.study.file import load_study
    from wellstream.formats.fhir import export_fhir
    from wellstream.formats.losses import FormatError
    from wellstream.formats.redcap_export import export_redcap
    from wellstream.formats.xlsform_export import export_xlsform

    study = load_study(file)
    _check_place(out)
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
    said = f"{out}: {len(study.items)} items of {study.ref}"
    _err.print(said, highlight=False, markup=False, soft_wrap=True)
    _print(report)


def _print(report: Report) -> None:
    if report.losses:
        _err.print(f"not carried, or to be filled in: {len(report.losses)}", style="yellow")
    for loss in report.losses:
        _err.print(f"  {loss}", highlight=False, markup=False, soft_wrap=True)
