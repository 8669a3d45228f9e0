"""The models of a study: phase by arm with people nested, and each person's interrupted series."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.base import Measure, PhaseKind
from schemas.study import Study
from schemas.study.versions import Versions
from streams.statistics.result import Coefficient
from streams.statistics.rows import Row
from streams.store.definitions import Query
from streams.store.observations import observations
from streams.store.outcomes import Outcome

_COMPARED = (PhaseKind.BASELINE.value, PhaseKind.INTERVENTION.value)


@dataclass(frozen=True)
class Term:
    """A coefficient of a model, or the reason why the model has none.

    Attributes:
        measure: What is modelled: its score at each check-in.
        model: `mixed_model` or `interrupted_time_series`.
        participant: Of an interrupted series; empty for everybody.
        term: Name of the coefficient; empty where there is a `reason`.
        estimate, se, low, high, p: As the method's catalogue entry says.
        people, rows: How many were used.
        reason: Why there is no model.
        caution: What to know about one that there is.
    """

    measure: str
    model: str
    participant: str
    term: str
    estimate: float | None
    se: float | None
    low: float | None
    high: float | None
    p: float | None
    people: int
    rows: int
    reason: str | None
    caution: str | None


def models_of(query: Query, study: Study, known: Versions, of: Iterable[Outcome]) -> Iterator[Term]:
    """Fit what the study's phases allow to each measure among some outcomes; takes seconds for each."""
    for outcome in of:
        if outcome.measure:
            rows = observations(query, study, known, outcome)
            yield from _mixed(rows, study, outcome.measure)
            yield from _interrupted(rows, outcome.measure)


def _mixed(rows: list[Row], study: Study, measure: Measure) -> Iterator[Term]:
    # Here, because scipy and statsmodels are slow to import and only the batch needs them.
    from streams.statistics.catalogue import MIXED
    from streams.statistics.mixed import phase_by_arm

    inside = {row.arm for row in rows if row.phase in _COMPARED}
    reference = next((arm.id for arm in study.arms if arm.id in inside), None)
    if reference is None:
        return
    found = phase_by_arm(rows, *_COMPARED, reference)
    caution = found.caution.value if found.caution else None
    for one in found.fixed:
        yield _term(measure, MIXED.id, "", one, found.people, found.rows, caution)
    if found.reason:
        yield _without(measure, MIXED.id, "", found.people, found.rows, found.reason.value)


def _interrupted(rows: list[Row], measure: Measure) -> Iterator[Term]:
    from streams.statistics.catalogue import INTERRUPTED
    from streams.statistics.interrupted import interrupted

    for who in sorted({row.participant for row in rows}):
        before, after = (
            [row.value for row in rows if row.participant == who and row.phase == phase]
            for phase in _COMPARED
        )
        found, count = interrupted(before, after), len(before) + len(after)
        for one in (found.level, found.trend, found.step, found.bend):
            if one is not None:
                yield _term(measure, INTERRUPTED.id, who, one, 1, count, None)
        if found.reason:
            yield _without(measure, INTERRUPTED.id, who, 1, count, found.reason.value)


def _term(
    measure: Measure, model: str, who: str, one: Coefficient, people: int, rows: int, caution: str | None
) -> Term:
    low, high = one.interval.low, one.interval.high
    return Term(
        measure.value,
        model,
        who,
        one.name,
        one.estimate,
        one.se,
        low,
        high,
        one.p,
        people,
        rows,
        None,
        caution,
    )


def _without(measure: Measure, model: str, who: str, people: int, rows: int, reason: str) -> Term:
    return Term(measure.value, model, who, "", None, None, None, None, None, people, rows, reason, None)
