"""The group report of a study, from the store: what the pages, the command and the batch show."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from schemas.base import CheckIns
from schemas.study import Study
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import Audience
from streams.statistics.plan import Plan, PlannedOutcome, planned_arms
from streams.statistics.report import Report, StudyReport, report, weekly_report
from streams.store.definitions import Query
from streams.store.observations import observed
from streams.store.outcomes import Outcome, outcomes


@dataclass(frozen=True)
class Wanted:
    """What a reader chooses about a report.

    Attributes:
        checkins: Which check-ins it is of.
        reference: The arm that the others are compared with; empty for the study's own.
        audience: Decides which cells are too small to show.
        models: Whether to fit the mixed models beside the contrasts.
    """

    checkins: CheckIns = CheckIns.BOTH
    reference: str = ""
    audience: Audience = Audience.STAFF
    models: bool = True


def group_report(
    query: Query, study: Study, known: Versions, wanted: Wanted, weeks: Collection[Outcome]
) -> StudyReport:
    """Contrasts, changes and weekly means of a study's arms, small cells hidden.

    All outcomes are computed whichever are shown, because p values are adjusted over all of them.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        wanted: What the reader chose.
        weeks: The outcomes whose weekly means are wanted, which take longest.

    Raises:
        ValueError: If the study has no such reference arm.
    """
    of = outcomes(study)
    found = {one.name: observed(query, study, known, one, wanted.checkins, wanted.audience) for one in of}
    return report(found, _plan(study, of, wanted), {one.name for one in weeks})


def reports_of(query: Query, study: Study, known: Versions, *, models: bool) -> list[StudyReport]:
    """The reports that the store keeps of a study, for staff.

    Of all check-ins and, where there are any on people's own initiative, of these and of the prompted ones.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        models: Whether to fit the mixed models beside the contrasts.
    """
    own = query(
        "select count(*) as n from checkin_days where split_part(study, '@', 1) = :study and not prompted",
        study=study.id,
    )
    kinds = [CheckIns.BOTH, CheckIns.PROMPTED, CheckIns.OWN_INITIATIVE] if own["n"][0] else [CheckIns.BOTH]
    wanted = [Wanted(kind, models=models) for kind in kinds]
    return [group_report(query, study, known, one, outcomes(study)) for one in wanted]


def report_rows(reports: Iterable[StudyReport], study: Study) -> dict[str, list[dict[str, Any]]]:
    """Reports as the rows of the tables `contrasts`, `arm_changes` and `arm_weeks`.

    Args:
        reports: Of the study, each of other check-ins.
        study: Its newest definition.
    """
    named = {one.name: {"indicator": one.indicator, "scale": one.scale} for one in outcomes(study)}
    made = [(named[one.outcome], one) for report in reports for one in report.outcomes]
    return {
        "contrasts": [name | row for name, one in made for row in one.table(one.contrasts)],
        "arm_changes": [name | row for name, one in made for row in one.table(one.changes)],
        "arm_weeks": [name | row for name, one in made for row in one.table(one.weeks)],
    }


def week_report(query: Query, study: Study, known: Versions, wanted: Wanted, outcome: Outcome) -> Report:
    """The weekly means of one outcome, without the rest of its study's report.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        wanted: What the reader chose.
        outcome: What is reported.

    Raises:
        ValueError: If the study has no such reference arm.
    """
    found = observed(query, study, known, outcome, wanted.checkins, wanted.audience)
    return weekly_report(found, _plan(study, [outcome], wanted), _planned(outcome))


def _plan(study: Study, of: Iterable[Outcome], wanted: Wanted) -> Plan:
    return Plan(
        outcomes=tuple(map(_planned, of)),
        arms=planned_arms(study),
        reference=wanted.reference or study.reference.id,
        audience=wanted.audience,
        checkins=wanted.checkins,
        models=wanted.models,
    )


def _planned(outcome: Outcome) -> PlannedOutcome:
    return PlannedOutcome(outcome.name, scores=outcome.measure is not None)
