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
from wellstream.cli.model_tables import (
    EarlyWarningsOption,
    HoursOption,
    InertiaOption,
    InterruptedOption,
    MicroRandomisedOption,
    ModelsOption,
    ReliabilityOption,
    Result,
    only_one,
    show,
)
from wellstream.local.state import adopt_running

if TYPE_CHECKING:
    from streams.store.queries import Outcome, StudyData

out = Console()


def report(
    weeks: Annotated[bool, typer.Option("--weeks", help="Weekly means instead of changes.")] = False,
    models: ModelsOption = False,
    interrupted: InterruptedOption = False,
    inertia: InertiaOption = False,
    micro_randomised: MicroRandomisedOption = False,
    hours: HoursOption = 6,
    reliability: ReliabilityOption = False,
    early_warnings: EarlyWarningsOption = False,
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
    `wellstream report --models --outcome mean/valence` · `wellstream report --reliability` ·
    `wellstream report --micro-randomised --hours 3` · `wellstream report --trends --outcome item/stress`
    """
    wanted = {
        Result.MODELS: models, Result.INTERRUPTED: interrupted, Result.INERTIA: inertia,
        Result.MICRO_RANDOMISED: micro_randomised, Result.RELIABILITY: reliability,
        Result.EARLY_WARNINGS: early_warnings,
    }  # fmt: skip
    if result := only_one(wanted):
        report_errors(lambda: _show(result, study, outcome, hours, as_csv=format_ == "csv", public=public))
        return
    rows = report_errors(
        lambda: (
            _trends(study, outcome, public=public)
            if trends
            else _rows(study, outcome, weeks=weeks, public=public)
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


def _rows(study_id: str, only: str, *, weeks: bool, public: bool) -> Sequence[dict[str, Any]]:
    # Imported here: scipy loads slowly, and no other command needs them.
    from streams.statistics.disclosure_control import Audience

    data = _data(study_id)
    chosen = _chosen(data, only)
    audience = Audience.PUBLIC if public else Audience.STAFF
    return [
        {"outcome": one.name, **cell.row()}
        for one in chosen
        for made in (data.report(one, audience),)
        for cell in (made.weeks if weeks else made.changes)
    ]


def _show(result: Result, study_id: str, only: str, hours: int, *, as_csv: bool, public: bool) -> None:
    from streams.statistics.disclosure_control import Audience

    if public and result.of_single_people:
        raise typer.BadParameter(f"--{result} is about single people, so nothing of it is for the public")
    data = _data(study_id)
    audience = Audience.PUBLIC if public else Audience.STAFF
    show(result, data, _chosen(data, only), audience, hours, as_csv=as_csv)


def _chosen(data: "StudyData", only: str) -> list["Outcome"]:
    known = data.outcomes()
    chosen = [one for one in known if only in ("", one.name)]
    if not chosen:
        raise typer.BadParameter(f"no outcome {only}; there are {', '.join(one.name for one in known)}")
    return chosen


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
