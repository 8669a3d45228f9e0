"""The batch over the whole store: whole records, group reports, alerts and a check of live values."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import duckdb
import pandas as pd

from schemas.events import AlertRaised, AlertSuperseded
from schemas.study import Study
from schemas.study.versions import Versions
from streams.indicators.full_record import indicators_of
from streams.indicators.whole_record import Row
from streams.records.item_roles import Layout
from streams.safety.chart_alerts import Raised, follow
from streams.statistics.report import StudyReport
from streams.statistics.result import Reason
from streams.store.definitions import Query, newest_studies, versions
from streams.store.drift import Drift, drift_of
from streams.store.group_report import report_rows, reports_of
from streams.store.modelled import Modelled
from streams.store.series import read_series

_log = logging.getLogger(__name__)
_CONTRAST = ("indicator", "scale", "checkins", "arm", "reference", "phase")
"""What identifies a contrast of a study."""


@dataclass(frozen=True)
class Batch:
    """The outcome for one study.

    Attributes:
        study: Its newest definition.
        summaries: The catalogue over everybody's whole record.
        reports: Contrasts, changes and weeks of the arms: of both kinds of check-ins and, where there are any
            on people's own initiative, of each.
        alerts: To be published on their topic.
        models: What takes models to compute; None where it was not asked for.
        drift: How the stored live values compare with a replay.
    """

    study: Study
    summaries: Sequence[Row]
    reports: Sequence[StudyReport]
    alerts: Sequence[AlertRaised | AlertSuperseded]
    models: Modelled | None
    drift: Drift


def compute(query: Query, at: datetime, *, models: bool = True) -> list[Batch]:
    """Compute everything for every study that people are in; reads only.

    Args:
        query: The store.
        at: Now.
        models: Whether to fit the models, too, which takes longest.
    """
    known = versions(query)
    studies = [study for study in newest_studies(query).values() if study.scales]
    return [_batch(query, study, known, at, models) for study in studies]


def looked_at_again(query: Query, batches: Iterable[Batch], at: datetime) -> list[Batch]:
    """The batches, with only those differences from a replay that are there still."""
    known = versions(query)
    return [
        replace(batch, drift=batch.drift.still(drift_of(query, batch.study, known, at)))
        if batch.drift.different
        else batch
        for batch in batches
    ]


def _batch(query: Query, study: Study, known: Versions, at: datetime, models: bool) -> Batch:
    people, layout = read_series(query, study, known), Layout.of(study)
    return Batch(
        study=study,
        summaries=[row for series in people for row in indicators_of(series, layout)],
        reports=reports_of(query, study, known, models=models),
        alerts=follow(people, study, _raised_before(query, study), at),
        models=Modelled.of(query, study, known, at) if models else None,
        drift=drift_of(query, study, known, at),
    )


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
    """Replace the last outcome in the store by this one, in one transaction."""
    connection.execute("begin")
    try:
        for batch in batches:
            _keep(connection, batch, at)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _keep(connection: duckdb.DuckDBPyConnection, batch: Batch, at: datetime) -> None:
    common = {"study": batch.study.id, "computed_at": at}
    _replace(connection, "summaries", common, [_summary(row) for row in batch.summaries])
    tables = report_rows(batch.reports, batch.study)
    if batch.models is None:
        tables["contrasts"] = _with_last_models(connection, batch.study, tables["contrasts"])
    for table, rows in tables.items():
        _replace(connection, table, common, rows)
    if batch.models is not None:
        for table, rows in batch.models.by_table().items():
            _replace(connection, table, common, rows)
    found, wrong = batch.drift, len(batch.drift.different)
    outcome = {
        "study": batch.study.id, "checked_at": found.checked_at, "participants": found.participants,
        "compared": found.compared, "different": wrong,
    }  # fmt: skip
    _insert(connection, "drift", [outcome])
    if wrong:
        _log.error("%s: %d live values differ from those of a replay", batch.study.id, wrong)


def _with_last_models(
    connection: duckdb.DuckDBPyConnection, study: Study, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Contrasts without models, with those of the last batch that fitted them; hidden ones stay hidden."""
    found = connection.execute("select * from contrasts where study = ?", [study.id]).df()
    known = {tuple(row[part] for part in _CONTRAST): row for row in found.to_dict("records")}
    return [
        row | {name: last[name] for name in last if name.startswith("mixed_")}
        if row["mixed_reason"] == Reason.NOT_FITTED
        and (last := known.get(tuple(row[part] for part in _CONTRAST)))
        else row
        for row in rows
    ]


def _summary(row: Row) -> dict[str, Any]:
    return asdict(row) | {"reason": row.reason.value if row.reason else None}


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, common: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    connection.execute(f"delete from {table} where study = ?", [common["study"]])  # noqa: S608 - our own names
    _insert(connection, table, [common | row for row in rows])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    incoming = pd.DataFrame(rows).astype(object)
    connection.register("incoming", incoming.where(incoming.notna(), None))
    try:
        connection.execute(f"insert or replace into {table} by name select * from incoming")  # noqa: S608 - our own names
    finally:
        connection.unregister("incoming")
