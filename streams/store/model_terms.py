"""The models of a study: phase by arm, interrupted series of single people, and carry-over over all."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from schemas.base import Measure, PhaseKind
from schemas.study import Study
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import Audience
from streams.statistics.result import Coefficient, Reason
from streams.statistics.rows import Row
from streams.store.carry_over import lagged_pairs
from streams.store.definitions import Query
from streams.store.model_rows import ModelTerm
from streams.store.observations import observations
from streams.store.outcomes import Outcome
from streams.store.small_groups import hidden_if_small

if TYPE_CHECKING:
    from streams.statistics.mixed import MixedFit

_COMPARED = (PhaseKind.BASELINE.value, PhaseKind.INTERVENTION.value)


class Model(StrEnum):
    """A kind of model, named as its method in the catalogue.

    `interrupted_time_series` has one for each person, the others one for everybody.
    """

    MIXED = "mixed_model"
    INTERRUPTED = "interrupted_time_series"
    INERTIA = "group_inertia"


@dataclass(frozen=True)
class _Terms:
    """Makes the rows of one model of one measure."""

    study: Study
    measure: Measure
    model: Model
    at: datetime

    def term(
        self,
        one: Coefficient | None,
        people: int,
        rows: int,
        reason: Reason | None = None,
        caution: Reason | None = None,
        participant: str = "",
    ) -> ModelTerm:
        """A coefficient; or with None, the reason why there is none."""
        return ModelTerm(
            study=self.study.id,
            measure=self.measure.value,
            model=self.model.value,
            participant=participant,
            term=one.name if one else "",
            estimate=one.estimate if one else None,
            se=one.se if one else None,
            low=one.interval.low if one else None,
            high=one.interval.high if one else None,
            p=one.p if one else None,
            people=people,
            rows=rows,
            reason=reason.value if reason else None,
            caution=caution.value if caution else None,
            computed_at=self.at,
        )

    def of_fit(self, found: "MixedFit") -> Iterator[ModelTerm]:
        """The fixed effects of a mixed model."""
        for one in found.fixed:
            yield self.term(one, found.people, found.rows, caution=found.caution)
        if found.reason:
            yield self.term(None, found.people, found.rows, found.reason)


def models_of(
    query: Query,
    study: Study,
    known: Versions,
    of: Iterable[Outcome],
    at: datetime,
    kinds: Collection[Model] = tuple(Model),
    audience: Audience = Audience.STAFF,
) -> Iterator[ModelTerm]:
    """Fit what the study's phases allow to each measure among some outcomes; takes seconds for each.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        of: Outcomes; those that are not the score of a measure have no models.
        at: Now.
        kinds: Which models.
        audience: Decides how many people are too few for a model over people to be shown.
    """
    for outcome in of:
        if not outcome.measure:
            continue
        rows = observations(query, study, known, outcome) if set(kinds) - {Model.INERTIA} else []
        for kind in kinds:
            terms = _Terms(study, outcome.measure, kind, at)
            match kind:
                case Model.MIXED:
                    found = _mixed(terms, rows)
                case Model.INTERRUPTED:
                    yield from _interrupted(terms, rows)
                    continue
                case Model.INERTIA:
                    found = _inertia(terms, query, known)
                case _:
                    assert_never(kind)
            yield from (hidden_if_small(row, audience) for row in found)


def _mixed(terms: _Terms, rows: list[Row]) -> Iterator[ModelTerm]:
    # Here, because scipy is slow to import and only the batch needs them.
    from streams.statistics.mixed import phase_by_arm

    inside = {row.arm for row in rows if row.phase in _COMPARED}
    arms = (terms.study.reference, *terms.study.arms)
    reference = next((arm.id for arm in arms if arm.id in inside), None)
    if reference is not None:
        yield from terms.of_fit(phase_by_arm(rows, *_COMPARED, reference))


def _interrupted(terms: _Terms, rows: list[Row]) -> Iterator[ModelTerm]:
    from streams.statistics.interrupted import interrupted

    own: defaultdict[str, defaultdict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        own[row.participant][row.phase].append(row)
    for who, phases in sorted(own.items()):
        before, after = (phases[phase] for phase in _COMPARED)
        first, second = ([row.value for row in side] for side in (before, after))
        found = interrupted(first, second, [row.time for row in (*before, *after)])
        count = len(before) + len(after)
        for one in found.terms:
            yield terms.term(one, 1, count, participant=who)
        if found.reason:
            yield terms.term(None, 1, count, found.reason, participant=who)


def _inertia(terms: _Terms, query: Query, known: Versions) -> Iterator[ModelTerm]:
    from streams.statistics.mixed import inertia

    pairs = lagged_pairs(query, terms.study, known, terms.measure)
    found = inertia(pairs)
    yield from terms.of_fit(found)
    lag = found.effect("lag")
    if lag is None:
        return
    bare = terms.term(None, found.people, found.rows)
    yield bare._replace(term="sd_lag", estimate=found.sd_slope)
    per_person = found.rows / found.people
    if per_person > 1:
        yield bare._replace(term="nickell_bias", estimate=-(1 + lag.estimate) / (per_person - 1))
