"""`wellstream report`: weekly means and changes of a study's arms, as the page Interventions shows them."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wellstream.cli.errors import report_errors
from wellstream.local.state import adopt_running

if TYPE_CHECKING:
    from streams.store.queries import StudyData

out = Console()


def report(
    weeks: Annotated[bool, typer.Option("--weeks", help="Weekly means instead of changes.")] = False,
    models: Annotated[
        bool, typer.Option("--models", help="Mixed models and interrupted time series.")
    ] = False,
    trends: Annotated[
        bool, typer.Option("--trends", help="Trends over study days, of each item on a scale.")
    ] = False,
    outcome: Annotated[
        str, typer.Option(help="Only this outcome, such as mean/stress or compliance; all by default.")
    ] = "",
    study: Annotated[str, typer.Option(help="The study's id; by default the one with most people.")] = "",
    public: Annotated[
        bool, typer.Option("--public", help="Hide cells below 10 people instead of 5.")
    ] = False,
    format_: Annotated[str, typer.Option("--format", help="table or csv.")] = "table",
) -> None:
    """How a study's arms fare: change from baseline in each phase, or weekly means.

    Computed when you ask, by the functions behind the page Interventions; docs/indicators.md explains the
    methods. A difference is called "change while in"; it is an "effect of" only in a randomised phase.

    Examples: `wellstream report` · `wellstream report --weeks --outcome mean/stress --format csv` ·
    `wellstream report --models --outcome mean/valence` · `wellstream report --trends --outcome item/stress`
    """
    rows = report_errors(
        lambda: (
            _trends(study, outcome, public=public)
            if trends
            else _rows(study, outcome, weeks=weeks, models=models, public=public)
        )
    )
    columns = list(rows[0]) if rows else []
    if format_ == "csv":
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    out.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _rows(study_id: str, only: str, *, weeks: bool, models: bool, public: bool) -> Sequence[dict[str, Any]]:
    # Imported here: scipy loads slowly, and no other command needs them.
    from streams.statistics.disclosure_control import Audience
    from streams.store.model_terms import Model

    data = _data(study_id)
    known = data.outcomes()
    chosen = [one for one in known if only in ("", one.name)]
    if not chosen:
        raise typer.BadParameter(f"no outcome {only}; there are {', '.join(one.name for one in known)}")
    if models:
        return [term._asdict() for term in data.models(chosen, tuple(Model))]
    audience = Audience.PUBLIC if public else Audience.STAFF
    return [
        {"outcome": one.name, **cell.row()}
        for one in chosen
        for made in (data.report(one, audience),)
        for cell in (made.weeks if weeks else made.changes)
    ]


def _trends(study_id: str, only: str, *, public: bool) -> Sequence[dict[str, Any]]:
    from streams.statistics.disclosure_control import Audience

    found = _data(study_id).trends(Audience.PUBLIC if public else Audience.STAFF)
    chosen = [asdict(row) for row in found if only in ("", row.outcome)]
    if not chosen:
        names = dict.fromkeys(row.outcome for row in found)
        raise typer.BadParameter(f"no trend of {only}; there are {', '.join(names)}")
    return chosen


def _data(study_id: str) -> "StudyData":
    from streams.store.client import Reader
    from streams.store.queries import StudyData

    settings = adopt_running()
    data = StudyData(Reader(settings.store_uri, settings.secret("store_token")), study_id)
    if data.study() is None:
        raise typer.BadParameter(f"no such study; people are in: {', '.join(data.studies()) or 'none yet'}")
    return data
