"""What is computed over the whole store, on a schedule and on demand: records, arms, alerts, and a check."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import duckdb
import pandas as pd

from schemas.base import Measure
from schemas.events import AlertRaised, AlertSuperseded
from schemas.study import Study
from schemas.study.versions import Versions
from streams.indicators.full_record import Row, indicators_of
from streams.records.full_record import Series
from streams.records.item_roles import Layout
from streams.safety.chart_alerts import Raised, follow
from streams.statistics.disclosure_control import Audience
from streams.statistics.report import ArmChange, Plan, Report, WeekCell, report
from streams.store.drift import Drift, drift_of
from streams.store.model_terms import BASELINE, INTERVENTION, Term, models_of
from streams.store.scores import rows_of
from streams.store.series import Query, read_series

_log = logging.getLogger(__name__)
_ALL = "all arms"


@dataclass(frozen=True)
class Batch:
    """The outcome for one study.

    Attributes:
        study: Its newest definition.
        summaries: The catalogue over everybody's whole record.
        reports: By measure: weeks and changes of the arms.
        alerts: What is to be put on the topic of alerts.
        models: Coefficients of the models; None where they were not asked for.
        drift: Whether stored live values are those that the stored check-ins give.
    """

    study: Study
    summaries: Sequence[Row]
    reports: dict[Measure, Report]
    alerts: Sequence[AlertRaised | AlertSuperseded]
    models: Sequence[Term] | None
    drift: Drift


def compute(query: Query, at: datetime, *, models: bool = True) -> list[Batch]:
    """Compute everything for every study that people are in; reads only.

    Args:
        query: The store.
        at: Now.
        models: Whether to fit the models, too, which takes longest.
    """
    versions = _versions(query)
    return [_batch(query, study, versions, at, models) for study in newest_studies(query).values()]


def looked_at_again(query: Query, batches: Iterable[Batch], at: datetime) -> list[Batch]:
    """The batches, with only those differences from a replay that are there still."""
    versions = _versions(query)
    return [
        replace(batch, drift=batch.drift.still(drift_of(query, batch.study, versions, at)))
        if batch.drift.different
        else batch
        for batch in batches
    ]


def newest_studies(query: Query) -> dict[str, Study]:
    """The newest definition in use of each study with a scale, by id; that of most people first."""
    counted = query("select study, count(*) as people from participants group by 1 order by 2 desc, 1")
    versions, newest = _versions(query), dict[str, Study]()
    for ref in counted["study"]:
        if ref in versions and versions[ref].scales:
            study = versions[ref]
            there = newest.setdefault(study.id, study)
            newest[study.id] = max(there, study, key=lambda one: one.version)
    return newest


def _versions(query: Query) -> Versions:
    found = query("select definition from studies order by id, version")["definition"]
    return Versions(Study.model_validate_json(text) for text in found)


def _batch(query: Query, study: Study, versions: Versions, at: datetime, models: bool) -> Batch:
    people, layout = read_series(query, study), Layout.of(study)
    return Batch(
        study=study,
        summaries=[row for series in people for row in indicators_of(series, layout)],
        reports={measure: report_of(people, study, measure) for measure in measures(study)},
        alerts=follow(people, study, _raised_before(query, study), at),
        models=list(models_of(people, study, measures(study))) if models else None,
        drift=drift_of(query, study, versions, at),
    )


def measures(study: Study) -> list[Measure]:
    """What a study measures on scales, in the order of its items."""
    return list(dict.fromkeys(item.measures for item in study.scales if item.measures))


def report_of(
    people: Iterable[Series], study: Study, measure: Measure, audience: Audience = Audience.STAFF
) -> Report:
    """Weeks and changes of a study's arms in one measure: the mean of its items at each check-in."""
    arms = tuple(arm.id for arm in study.arms)
    phases = [phase for arm in study.arms for phase in arm.phases if phase.kind == "intervention"]
    plan = Plan(
        indicator=measure.value,
        baseline=BASELINE,
        phase=INTERVENTION,
        arms=arms,
        randomised=bool(phases) and all(phase.randomised for phase in phases),
        audience=audience,
    )
    return report(rows_of(people, study, measure), plan)


def _raised_before(query: Query, study: Study) -> list[Raised]:
    found = query(
        "select alert, participant, chart, study_day, superseded_at is null as holds from alerts "
        "where split_part(study, '@', 1) = :study",
        study=study.id,
    )
    return [
        Raised(UUID(row.alert), (row.participant, row.chart, int(row.study_day)), bool(row.holds))
        for row in found.itertuples()
    ]


def keep(connection: duckdb.DuckDBPyConnection, batches: Iterable[Batch], at: datetime) -> None:
    """Put the outcome into the store in one transaction, in place of the one before."""
    connection.execute("begin")
    try:
        for batch in batches:
            name = batch.study.id
            for table in ("summaries", "arm_weeks", "arm_changes"):
                connection.execute(f"delete from {table} where study = ?", [name])  # noqa: S608 - our own names
            _insert(connection, "summaries", [_summary(name, row, at) for row in batch.summaries])
            for measure, made in batch.reports.items():
                weeks = [(name, *week_row(measure, cell).values(), at) for cell in made.weeks]
                _insert(connection, "arm_weeks", weeks)
                changes = [(name, *change_row(measure, change).values(), at) for change in made.changes]
                _insert(connection, "arm_changes", changes)
            if batch.models is not None:
                connection.execute("delete from model_terms where study = ?", [name])
                _insert(connection, "model_terms", [(name, *astuple(term), at) for term in batch.models])
            found, wrong = batch.drift, len(batch.drift.different)
            _insert(
                connection, "drift", [(name, found.checked_at, found.participants, found.compared, wrong)]
            )
            if wrong:
                _log.error("%s: %d live values are not those of a replay", name, wrong)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    incoming = pd.DataFrame(list(rows)).astype(object)
    connection.register("incoming", incoming.where(incoming.notna(), None))
    try:
        connection.execute(f"insert or replace into {table} select * from incoming")  # noqa: S608 - our own names
    finally:
        connection.unregister("incoming")


def _summary(study: str, row: Row, at: datetime) -> tuple[Any, ...]:
    reason = row.reason.value if row.reason else None
    return (study, row.participant, row.indicator, row.value, row.n, row.n_pairs, reason, at)


def week_row(measure: Measure, cell: WeekCell) -> dict[str, Any]:
    """One arm in one week, as it stands in `arm_weeks`."""
    low, high = (cell.interval.low, cell.interval.high) if cell.interval else (None, None)
    return {
        "measure": measure.value, "arm": cell.arm or _ALL, "week": cell.week, "mean": cell.mean, "low": low,
        "high": high, "method": cell.method.value if cell.method else None, "people": cell.people,
        "checkins": cell.checkins, "reason": cell.reason.value if cell.reason else None,
    }  # fmt: skip


def change_row(measure: Measure, change: ArmChange) -> dict[str, Any]:
    """How much one arm changed, as it stands in `arm_changes`."""
    low, high = (change.interval.low, change.interval.high) if change.interval else (None, None)
    return {
        "measure": measure.value, "arm": change.arm or _ALL, "claim": change.claim.value,
        "estimate": change.estimate, "low": low, "high": high, "p": change.p,
        "p_adjusted": change.p_adjusted, "tau2": change.tau2, "i2": change.i2, "people": change.people,
        "left_out": change.left_out, "reason": change.reason.value if change.reason else None,
    }  # fmt: skip
