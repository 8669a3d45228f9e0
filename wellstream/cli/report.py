"""`wellstream report`: contrasts between a study's arms, changes within them, and what models say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wellstream.cli.arm_tables import (
    ChangesOption,
    ContrastsOption,
    Part,
    TrendsOption,
    WeeksOption,
    checkins_named,
    show_arms,
)
from wellstream.cli.errors import report_errors
from wellstream.cli.model_tables import (
    AcuteChangeOption,
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
from wellstream.cli.output import TableFormat
from wellstream.local.state import adopt_running

if TYPE_CHECKING:
    from streams.store.queries import Outcome, StudyData


def report(
    contrasts: ContrastsOption = False,
    changes: ChangesOption = False,
    weeks: WeeksOption = False,
    models: ModelsOption = False,
    interrupted: InterruptedOption = False,
    inertia: InertiaOption = False,
    micro_randomised: MicroRandomisedOption = False,
    hours: HoursOption = 6,
    reliability: ReliabilityOption = False,
    early_warnings: EarlyWarningsOption = False,
    trends: TrendsOption = False,
    acute_change: AcuteChangeOption = False,
    outcome: Annotated[
        str, typer.Option(help="Only this outcome, such as mean/stress or compliance; all by default.")
    ] = "",
    study: Annotated[str, typer.Option(help="The study's id; by default the one with most people.")] = "",
    reference: Annotated[
        str, typer.Option(help="The arm that the others are compared with; by default the study's own.")
    ] = "",
    checkins: Annotated[str, typer.Option(help="both, prompted or own-initiative.")] = "both",
    public: Annotated[
        bool, typer.Option("--public", help="Hide cells below 10 people instead of 5.")
    ] = False,
    format_: Annotated[
        TableFormat,
        typer.Option("--format", help="table or csv: one table, the contrasts unless another is named."),
    ] = TableFormat.TABLE,
) -> None:
    """How a study's arms compare: how much more each changed from baseline than the reference arm.

    First the contrasts between arms, then the changes within each arm, computed when you ask, by the
    functions behind the page Interventions; docs/indicators.md explains the methods. A contrast is an
    "effect of" only where people were randomised to both arms; a change within an arm never is.

    Examples: `wellstream report` · `wellstream report --reference waitlist --contrasts` ·
    `wellstream report --weeks --outcome mean/stress --format csv` ·
    `wellstream report --models --outcome mean/valence` · `wellstream report --reliability` ·
    `wellstream report --micro-randomised --hours 3` · `wellstream report --trends --outcome item/stress`
    """
    asked: dict[Result | Part, bool] = {
        Part.CONTRASTS: contrasts, Part.CHANGES: changes, Part.WEEKS: weeks, Part.TRENDS: trends,
        Result.MODELS: models, Result.INTERRUPTED: interrupted, Result.INERTIA: inertia,
        Result.MICRO_RANDOMISED: micro_randomised, Result.RELIABILITY: reliability,
        Result.EARLY_WARNINGS: early_warnings, Result.ACUTE_CHANGE: acute_change,
    }  # fmt: skip
    wanted, as_csv = only_one(asked), format_ is TableFormat.CSV
    if isinstance(wanted, Result):
        result = wanted
        report_errors(lambda: _show(result, study, outcome, hours, as_csv=as_csv, public=public))
    else:
        part = wanted
        report_errors(
            lambda: _show_arms(part, study, outcome, reference, checkins, as_csv=as_csv, public=public)
        )


def _show_arms(
    part: Part | None, study_id: str, only: str, reference: str, checkins: str, *, as_csv: bool, public: bool
) -> None:
    # Imported here: scipy loads slowly, and no other command needs them.
    from streams.statistics.disclosure_control import Audience
    from streams.store.queries import Wanted

    of = checkins_named(checkins)
    data = _data(study_id)
    study = data.study()
    if study and reference and study.arm(reference) is None:
        raise typer.BadParameter(
            f"there is no arm {reference}; there are {', '.join(arm.id for arm in study.arms)}"
        )
    audience = Audience.PUBLIC if public else Audience.STAFF
    wanted = Wanted(of, reference, audience, models=part in (None, Part.CONTRASTS))
    show_arms(part, data, wanted, only, as_csv=as_csv)


def _show(result: Result, study_id: str, only: str, hours: int, *, as_csv: bool, public: bool) -> None:
    from streams.statistics.disclosure_control import Audience

    if public and result.of_single_people:
        raise typer.BadParameter(f"--{result} is about single people, so nothing of it is for the public")
    data = _data(study_id)
    audience = Audience.PUBLIC if public else Audience.STAFF
    show(result, data, _chosen(data, only), audience, hours, as_csv=as_csv)


def _chosen(data: StudyData, only: str) -> list[Outcome]:
    known = data.outcomes()
    chosen = [one for one in known if only in ("", one.name)]
    if not chosen:
        raise typer.BadParameter(f"no outcome {only}; there are {', '.join(one.name for one in known)}")
    return chosen


def _data(study_id: str) -> StudyData:
    from streams.store.client import Reader
    from streams.store.queries import StudyData

    settings = adopt_running("store_token")
    data = StudyData(Reader(settings.store_uri, settings.secret("store_token")), study_id)
    if data.study() is None:
        raise typer.BadParameter(f"no such study; people are in: {', '.join(data.studies()) or 'none yet'}")
    return data
