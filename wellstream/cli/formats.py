"""`wellstream study import` and `wellstream study export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wellstream.cli.errors import report_errors
from wellstream.cli.output import err

if TYPE_CHECKING:
    from wellstream.formats.losses import Report


class ImportFormat(StrEnum):
    """Formats that `study import` reads."""

    REDCAP = "redcap"
    XLSFORM = "xlsform"


class ExportFormat(StrEnum):
    """Formats that `study export` writes."""

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
    format_: Annotated[
        ImportFormat | None,
        typer.Option("--format", help="The file's format; guessed from its name if not given."),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of labels that don't name theirs.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Import a study from a REDCap data dictionary or an XLSForm, and report what could not be converted.

    For example, a data dictionary and a form in Dutch:

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
        raise FormatError(f"{file}: unknown file type; add `--format redcap` or `--format xlsform`")
    _check_out(out)
    if out.exists() and not force:
        raise FormatError(f"{out} already exists; choose another name for --out, or add --force")
    reader = import_redcap if chosen == ImportFormat.REDCAP else import_xlsform
    study, report = reader(file, study_id, language)
    write_study(study, out, file.name)
    err.print(
        f"{out}: {len(study.items)} items imported from {file.name}; review the list below",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    _print(report)


def _check_out(out: Path) -> None:
    from wellstream.formats.losses import FormatError

    if out.is_dir() or not out.parent.is_dir():
        problem = "this is a folder" if out.is_dir() else f"the folder {out.parent} does not exist"
        raise FormatError(f"--out {out}: {problem}; name a file in an existing folder")


def study_export(
    file: Annotated[Path, typer.Argument(help="The study's YAML file.")],
    format_: Annotated[ExportFormat, typer.Option("--format", help="The format to write.")],
    out: Annotated[Path, typer.Option(help="Where to write it.")],
    language: Annotated[
        str,
        typer.Option(help="Language of a REDCap export, which has only one; the study's first if not given."),
    ] = "",
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
    _check_out(out)
    if language and language not in study.languages:
        raise FormatError(
            f"--language {language}: {study.ref} has no texts in it; allowed: {', '.join(study.languages)}"
        )
    if format_ == ExportFormat.REDCAP:
        text, report = export_redcap(study, language or study.languages[0])
        out.write_text(text, encoding="utf-8-sig", newline="")
    elif format_ == ExportFormat.XLSFORM:
        book, report = export_xlsform(study)
        book.save(out)
    else:
        questionnaire, report = export_fhir(study)
        out.write_text(questionnaire.model_dump_json(indent=2), encoding="utf-8")
    summary = f"{out}: {len(study.items)} items of {study.ref}"
    err.print(summary, highlight=False, markup=False, soft_wrap=True)
    _print(report)


def _print(report: Report) -> None:
    if report.losses:
        err.print(f"not converted, or still to be filled in: {len(report.losses)}", style="yellow")
    for loss in report.losses:
        err.print(f"  {loss}", highlight=False, markup=False, soft_wrap=True)
