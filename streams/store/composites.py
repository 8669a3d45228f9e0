"""How reliable a study's composites are: measures that several items ask for."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from schemas.base import CheckIns, Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import Audience
from streams.store.answered import answered
from streams.store.definitions import Query
from streams.store.model_rows import CompositeReliability
from streams.store.small_groups import hidden_if_small


def composites(study: Study) -> list[Measure]:
    """The measures that two or more of a study's scales ask for."""
    return [measure for measure in Measure if len(study.scales_of(measure)) > 1]


def reliability_of(
    query: Query,
    study: Study,
    known: Versions,
    measures: Iterable[Measure],
    at: datetime,
    audience: Audience = Audience.STAFF,
) -> Iterator[CompositeReliability]:
    """Each coefficient of each measure; a measure of one item has them with the reason `too_few_items`.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        measures: Those that are asked on scales.
        at: Now.
        audience: Decides how many people are too few to show.
    """
    # Here, because scipy is slow to import and most readers of the store do not need it.
    from streams.statistics.reliability import CROSSED, CheckIn, reliability

    for measure in measures:
        whole: list[CheckIn] = []
        incomplete = 0
        for one in answered(query, study, known, measure):
            if one.complete is None:
                incomplete += 1
            else:
                whole.append(CheckIn(one.participant, one.prompt, one.complete))
        for found in reliability(whole, len(study.scales_of(measure))):
            kind = CheckIns.PROMPTED if found.coefficient in CROSSED else CheckIns.BOTH
            row = CompositeReliability(
                study=study.id,
                measure=measure.value,
                coefficient=found.coefficient.value,
                checkins=kind.value,
                items=found.items,
                value=found.value,
                people=found.people,
                n=found.checkins,
                incomplete=incomplete,
                reason=found.reason.value if found.reason else None,
                computed_at=at,
            )
            yield hidden_if_small(row, audience)
