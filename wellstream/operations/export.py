"""A study's data as a folder of tidy tables, each as CSV and as Parquet, with a note that explains them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from textwrap import wrap

from pyarrow import csv, parquet

from schemas.study import Study
from streams.store.queries import Source, StudyData
from wellstream.operations.export_sheets import Sheet, sheets

README = "README.txt"
_WIDTH = 78
_CARE = (
    "Participants appear under pseudonyms, but what they answered is data concerning health: keep this "
    "folder as carefully as the study's protocol demands. Free text is not exported. In the tables about "
    "groups, fewer than five people are hidden (reason `suppressed`), and with them whatever would give them "
    "away. These tables were computed for this export by the functions behind `wellstream report` and the "
    "page Interventions."
)
_FORMATS = (
    "Every table is here twice, as CSV (UTF-8; what is missing is empty; times are in UTC) and, with its "
    "types, as Parquet. The columns are explained in docs/store.md of wellstream, indicators and methods in "
    "codebook.csv, and items in items.csv."
)


class ExportRefused(RuntimeError):
    """Nothing can be exported, or not to that folder."""


@dataclass(frozen=True)
class Written:
    """A table that was written.

    Attributes:
        sheet: What it is.
        rows: How many it has.
    """

    sheet: Sheet
    rows: int


def export(
    source: Source,
    study_id: str,
    folder: Path,
    at: datetime,
    *,
    force: bool = False,
    advance: Callable[[str, float], None] = lambda name, share: None,
) -> list[Written]:
    """Write everything about a study into a folder.

    Each file appears under its name only when it is complete, and `README.txt` last of all, so that a folder
    without one is from an export that was interrupted. Rows about single check-ins are read in parts.

    Args:
        source: The store.
        study_id: The study, without a version; empty for the one that most people are in.
        folder: Made if it does not exist.
        at: Now.
        force: Whether files of an earlier export may be replaced; others in the folder are left alone.
        advance: Called with the name of the table at work and the share of all work that is done, 0 to 1.

    Raises:
        ExportRefused: There is no such study, nobody is in it, or the folder cannot be used.
    """
    data = StudyData(source, study_id)
    study = _found(source, data, study_id)
    answered = source.query(
        "select distinct study from checkins where split_part(study, '@', 1) = :study order by 1",
        study=study.id,
    )["study"].tolist()
    planned = sheets(source, data)
    written: list[Written] = []
    with _writing(folder):
        _prepare(folder, force=force)
        for place, sheet in enumerate(planned):
            steps = _steps(advance, sheet.name, place, len(planned))
            written.append(Written(sheet, _write(sheet, folder, steps)))
        (folder / README).write_text(_explained(study, answered, written, at), encoding="utf-8")
    advance(README, 1.0)
    return written


def _steps(advance: Callable[[str, float], None], name: str, place: int, of: int) -> Callable[[float], None]:
    return lambda share: advance(name, (place + share) / of)


def _found(source: Source, data: StudyData, study_id: str) -> Study:
    study = data.study()
    if study is not None:
        return study
    known = sorted(set(source.query("select id from studies")["id"]))
    if study_id in known:
        raise ExportRefused(f"nobody is in the study {study_id} yet, so there is nothing to export")
    people_in = ", ".join(data.studies()) or "none yet"
    named = f"there is no study {study_id}" if study_id else "there is no study"
    raise ExportRefused(f"{named}; people are in: {people_in}")


def _prepare(folder: Path, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise ExportRefused(f"{folder} is a file; name a folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    if not force and any(folder.iterdir()):
        raise ExportRefused(f"{folder} is not empty; name another folder, or replace its files with --force")
    (folder / README).unlink(missing_ok=True)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise ExportRefused(f"cannot write to {folder} ({why}); name another folder with --out") from None


def _write(sheet: Sheet, folder: Path, done: Callable[[float], None]) -> int:
    """Write a table in both formats, part by part; returns its number of rows."""
    rows = 0
    names = [f"{sheet.name}.csv", f"{sheet.name}.parquet"]
    text, binary = (folder / f".{name}" for name in names)
    try:
        with ExitStack() as open_files:
            plain = open_files.enter_context(csv.CSVWriter(text, sheet.schema, write_options=_AS_NEEDED))
            packed = open_files.enter_context(parquet.ParquetWriter(binary, sheet.schema))
            for share, part in sheet.parts():
                plain.write_table(part)
                packed.write_table(part)
                rows += part.num_rows
                done(share)
    except BaseException:
        text.unlink(missing_ok=True)
        binary.unlink(missing_ok=True)
        raise
    for name, unfinished in zip(names, (text, binary), strict=True):
        unfinished.replace(folder / name)
    return rows


_AS_NEEDED = csv.WriteOptions(quoting_style="needed")


def _explained(study: Study, answered: list[str], written: list[Written], at: datetime) -> str:
    lines = [
        f"{study.in_language(study.title, 'en')} ({study.id})",
        "",
        f"Exported on {at:%Y-%m-%d %H:%M} UTC by wellstream {version('wellstream')}.",
        *wrap(
            f"Versions of the study that were answered: {', '.join(answered) or 'none yet'}. The results "
            f"follow the newest that people are in, {study.ref}.",
            _WIDTH,
        ),
        "",
        *wrap(_CARE, _WIDTH),
        "",
        *wrap(_FORMATS, _WIDTH),
        "",
    ]
    for one in written:
        lines += [f"{one.sheet.name} ({one.rows} rows)"]
        lines += wrap(one.sheet.meaning, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        lines += [""]
    return "\n".join(lines)
