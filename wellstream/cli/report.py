"""`wellstream report`: how the arms of a study fare, computed now from what is stored."""

import csv
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wellstream.cli.errors import report_errors
from wellstream.local.state import adopt_running

out = Console()
WEEKS = ("measure", "arm", "week", "mean", "low", "high", "people", "checkins", "reason")
CHANGES = (
    "measure",
    "arm",
    "claim",
    "estimate",
    "low",
    "high",
    "p_adjusted",
    "tau2",
    "i2",
    "people",
    "reason",
)
MODELS = (
    "measure", "model", "participant", "term", "estimate", "se", "low", "high", "p", "people", "rows",
    "reason", "caution",
)  # fmt: skip


def report(
    weeks: Annotated[bool, typer.Option("--weeks", help="Weekly means, not change.")] = False,
    models: Annotated[bool, typer.Option("--models", help="Mixed model and interrupted series.")] = False,
    measure: Annotated[str, typer.Option(help="Only this one, such as stress; all by default.")] = "",
    study: Annotated[str, typer.Option(help="The study's id; that of most people by default.")] = "",
    public: Annotated[bool, typer.Option("--public", help="Hide cells below 10 people.")] = False,
    format_: Annotated[str, typer.Option("--format", help="table or csv.")] = "table",
) -> None:
    """How the arms of a study fare: change from baseline (REML, Knapp-Hartung), or weekly means.

    Computed at once from the store, by the functions of the hourly batch; docs/indicators.md explains the
    methods. Words say "change while in"; "effect of" stands only where the phases were randomised.

    Examples: `wellstream report` · `wellstream report --weeks --measure stress --format csv` ·
    `wellstream report --models --measure valence`
    """
    columns, rows = report_errors(lambda: _rows(study, measure, weeks=weeks, models=models, public=public))
    if format_ == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_shown(cell) for cell in row))
    out.print(table)


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def _rows(
    study_id: str, only: str, *, weeks: bool, models: bool, public: bool
) -> tuple[tuple[str, ...], list[Any]]:
    from streams.statistics.disclosure_control import Audience
    from streams.store.batch_job import change_row, measures, newest_studies, report_of, week_row
    from streams.store.client import Reader
    from streams.store.model_terms import models_of
    from streams.store.series import read_series

    settings = adopt_running()
    query = Reader(settings.store_uri, settings.secret("store_token")).query
    studies = newest_studies(query)
    if not studies or (study_id and study_id not in studies):
        raise typer.BadParameter(f"there is no such study; people are in: {', '.join(studies) or 'none yet'}")
    study = studies[study_id or next(iter(studies))]
    known = measures(study)
    if only and only not in known:
        raise typer.BadParameter(f"{study.ref} does not measure {only}; it measures {', '.join(known)}")
    people = read_series(query, study)
    if models:
        terms = models_of(people, study, [m for m in known if not only or m == only])
        return MODELS, [[getattr(term, name) for name in MODELS] for term in terms]
    audience = Audience.PUBLIC if public else Audience.STAFF
    made = [(m, report_of(people, study, m, audience)) for m in known if not only or m == only]
    if weeks:
        return WEEKS, [[week_row(m, cell)[name] for name in WEEKS] for m, r in made for cell in r.weeks]
    return CHANGES, [[change_row(m, one)[name] for name in CHANGES] for m, r in made for one in r.changes]
