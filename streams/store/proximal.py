"""What a supportive text does to a person's next check-in, in a study that decides on texts at random."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from schemas.base import Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import Audience
from streams.store.answered import answered
from streams.store.definitions import Query
from streams.store.model_rows import ProximalEffect
from streams.store.small_groups import hidden_if_small

if TYPE_CHECKING:
    from streams.statistics.randomised import ProximalEffect as Estimate

WITHIN_HOURS = 6
"""How soon a check-in follows a decision if it is to be its outcome, unless the user says otherwise."""

_DECISIONS = """
select s.participant, s.decided_at, s.available, s.probability, s.treated
from support_decisions s join participants p using (participant)
where split_part(s.study, '@', 1) = :study order by s.participant, s.decided_at, s.prompt_id"""


@dataclass(frozen=True)
class _Point:
    """A decision with its outcome: the score at the next check-in, or None if there was none in time."""

    participant: str
    available: bool
    probability: float
    treated: bool
    outcome: float | None


def proximal_effects(
    query: Query,
    study: Study,
    known: Versions,
    measures: Iterable[Measure],
    at: datetime,
    hours: int = WITHIN_HOURS,
    audience: Audience = Audience.STAFF,
) -> Iterator[ProximalEffect]:
    """What supportive texts do to each measure's score at the next check-in; nothing if there are none.

    A decision's outcome is the first score within so many hours after it, but before the person's next
    decision, so that no other text comes between. Decisions without one are left out of the estimate and
    counted. The only control is the intercept.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        measures: Those that are asked on scales.
        at: Now.
        hours: How soon the check-in must follow.
        audience: Decides how many people are too few to show.
    """
    # Here, because scipy is slow to import and most readers of the store do not need it.
    from streams.statistics.randomised import Decision, wcls

    made = [
        (row.participant, row.decided_at.to_pydatetime(), bool(row.available), float(row.probability),
         bool(row.treated))
        for row in query(_DECISIONS, study=study.id).itertuples()
    ]  # fmt: skip
    if not made:
        return
    for measure in measures:
        scores: defaultdict[str, list[tuple[datetime, float]]] = defaultdict(list)
        for one in answered(query, study, known, measure):
            scores[one.participant].append((one.at, one.score))
        points = []
        for place, (who, moment, available, probability, treated) in enumerate(made):
            end = moment + timedelta(hours=hours)
            if place + 1 < len(made) and made[place + 1][0] == who:
                end = min(end, made[place + 1][1])
            outcome = _first_within(scores[who], moment, end)
            points.append(_Point(who, available, probability, treated, outcome))
        found = wcls(
            [
                Decision(one.participant, one.available, one.probability, one.treated, (), one.outcome)
                for one in points
                if one.outcome is not None
            ],
            (),
        )
        yield hidden_if_small(_row(study, measure, hours, points, found, at), audience)


def _first_within(scores: Sequence[tuple[datetime, float]], after: datetime, until: datetime) -> float | None:
    place = bisect_right(scores, after, key=lambda one: one[0])
    return scores[place][1] if place < len(scores) and scores[place][0] <= until else None


def _row(
    study: Study, measure: Measure, hours: int, points: Sequence[_Point], found: "Estimate", at: datetime
) -> ProximalEffect:
    drawn = [one for one in points if one.available]
    effect = found.effect
    return ProximalEffect(
        study=study.id,
        measure=measure.value,
        hours=hours,
        estimate=effect.estimate if effect else None,
        se=effect.se if effect else None,
        low=effect.interval.low if effect else None,
        high=effect.interval.high if effect else None,
        p=effect.p if effect else None,
        people=found.people,
        n=found.points,
        decisions=len(points),
        available=len(drawn),
        treated=sum(one.treated for one in drawn),
        without_outcome=sum(one.outcome is None for one in drawn),
        lowest_probability=min((one.probability for one in drawn), default=None),
        highest_probability=max((one.probability for one in drawn), default=None),
        reason=found.reason.value if found.reason else None,
        computed_at=at,
    )
