"""The observations of an outcome, as group statistics start from them."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from schemas.base import Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.records.scores import score
from streams.statistics.plan import phase_label
from streams.statistics.rows import DAYS_OF_WEEK, Row
from streams.store.definitions import Query, asked_alike
from streams.store.outcomes import Outcome

_ANSWERS = """
select d.participant, p.first_arm as arm, d.study_day, d.checkin, a.item, a.value
from answers a
join checkin_days d on d.checkin = a.checkin
join participants p on p.participant = d.participant
where list_contains(:items, a.item) and a.option = '' and a.value is not null
  and list_contains(:refs, d.study)
order by d.participant, d.occurred_at, d.checkin"""
_WEEKLY = """
select d.participant, p.first_arm as arm, max(d.study_day) as study_day,
  arg_max(i.value, (i.window_end, i.checkin)) as value
from indicators i
join checkin_days d on d.checkin = i.checkin
join participants p on p.participant = d.participant
where i.indicator = :indicator and i.scale = :scale and i.window_length = '7d' and i.value is not null
  and d.study_day >= 1 and split_part(d.study, '@', 1) = :study
group by d.participant, p.first_arm, (d.study_day - 1) // 7 order by 1, 3"""


def observations(query: Query, study: Study, known: Versions, outcome: Outcome) -> list[Row]:
    """The observations of an outcome, by person and time, each in the arm in which the person enrolled.

    A measure has its score at each check-in, whether that answers a prompt or not, of the versions of the
    study that ask it alike. Any other indicator has the 7-day value at the last check-in of each study week.
    Left out are days before the first phase and after the last, and people whose arm the study does not have.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        outcome: What is observed.
    """
    if outcome.measure:
        return _scores(query, study, known, outcome.measure)
    found = query(_WEEKLY, study=study.id, indicator=outcome.indicator, scale=outcome.scale)
    return _within_phases(found.itertuples(), study, window_days=DAYS_OF_WEEK)


def _scores(query: Query, study: Study, known: Versions, measure: Measure) -> list[Row]:
    items, refs = asked_alike(known, study, measure)
    answers = query(_ANSWERS, items=items, refs=refs).itertuples()
    checkins = (
        own[0]._replace(value=score({row.item: float(row.value) for row in own}, items))
        for own in (list(rows) for _, rows in groupby(answers, key=lambda row: row.checkin))
    )
    return _within_phases(checkins, study, window_days=1)


def _within_phases(found: Iterable[Any], study: Study, window_days: int) -> list[Row]:
    rows = []
    for row in found:
        arm, day = study.arm(row.arm), int(row.study_day)
        phase = arm.phase_on(day) if arm else None
        if arm is None or phase is None:
            continue
        # A window that reaches back into the phase before belongs to neither.
        inside = arm.phase_on(max(day - window_days + 1, 1)) is phase
        rows.append(
            Row(
                participant=row.participant,
                arm=arm.id,
                phase=phase.kind.value if inside else "",
                day=day,
                value=float(row.value),
                label=phase_label(phase, study) if inside else "",
            )
        )
    return rows
