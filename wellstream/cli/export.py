"""`wellstream export`: a study's data and results as a folder of tables."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from schemas.clock import now
from wellstream.cli.errors import report_errors
from wellstream.cli.output import err, out
from wellstream.local.state import adopt_running

_SECONDS_FOR_A_PART = 600.0


def export(
    folder: Annotated[Path, typer.Option("--out", help="The folder; made if it does not exist.")],
    study: Annotated[str, typer.Option(help="The study's id; by default the one with most people.")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Replace the files of an earlier export in the folder.")
    ] = False,
) -> None:
    """Write a study's data and results as tidy tables, each as CSV and Parquet, with a README.txt.

    Row by row: participants, check-ins, answers, scores, the prompt log, and indicators of both kinds. Over
    people: the tables of `wellstream report`, computed now, with small groups hidden. And a codebook. The
    services must be running; participants appear under their pseudonyms, and free text is not exported.

    Examples: `wellstream export --out trial-2026` · `wellstream export --study demo --out demo --force`
    """
    report_errors(lambda: _export(folder, study, force=force))


def _export(folder: Path, study: str, *, force: bool) -> None:
    # Imported here: Arrow and the statistics load slowly, and no other command needs both.
    from streams.store.client import Reader
    from wellstream.operations.export import export as write_all

    settings = adopt_running("store_token")
    reader = Reader(settings.store_uri, settings.secret("store_token"), _SECONDS_FOR_A_PART)
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("export", total=1.0)
        written = write_all(
            reader,
            study,
            folder,
            now(),
            force=force,
            advance=lambda name, share: bar.update(task, description=name, completed=share),
        )
    rows = sum(one.rows for one in written)
    out.print(
        f"{len(written)} tables with {rows} rows are in {folder}; README.txt explains them", highlight=False
    )
