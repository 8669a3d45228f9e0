"""The observations of an outcome, as group statistics start from them."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, assert_never

import pandas as pd

from schemas.base import CheckIns, Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.records.scores import score
from streams.statistics.disclosure_control import MINIMUM_CELL, Audience
from streams.statistics.plan import phase_label
from streams.statistics.report import LeftOut, Observed
from streams.statistics.rows import DAYS_OF_WEEK, Made, Row
from streams.store.definitions import Query, alike, asked_alike
from streams.store.outcomes import Outcome

_BEGAN = "timezone(p.zone, cast(p.start_date as timestamp))"
_ANSWERS = f"""
select d.participant, p.first_arm as arm, d.study_day, d.checkin, a.item, a.value,
  date_diff('millisecond', {_BEGAN}, d.occurred_at) as since
from answers a
join checkin_days d on d.checkin = a.checkin
join participants p on p.participant = d.participant
where list_contains(:items, a.item) and a.option = '' and a.value is not null
  and list_contains(:refs, d.study) and (:checkins = 'both' or d.prompted = (:checkins = 'prompted'))
order by d.participant, d.occurred_at, d.checkin"""  # noqa: S608 - our own words
_WEEKLY = f"""
with named as (
  select * from indicators
  where list_contains(:ids, indicator) and scale = :scale and window_length = '7d'
  qualify row_number() over (partition by checkin order by length(indicator) desc) = 1)
select d.participant, p.first_arm as arm, max(d.study_day) as study_day,
  arg_max(i.value, (i.window_end, i.checkin)) as value,
  date_diff('millisecond', {_BEGAN}, max(i.window_end)) as since
from named i
join checkin_days d on d.checkin = i.checkin
join participants p on p.participant = d.participant
where i.value is not null and d.study_day >= 1 and list_contains(:refs, d.study)
group by d.participant, p.first_arm, p.zone, p.start_date, (d.study_day - 1) // 7
order by 1, 3"""  # noqa: S608 - our own words
_MADE = """
select distinct d.participant, p.first_arm as arm, d.study_day, d.prompted
from answers a
join checkin_days d on d.checkin = a.checkin
join participants p on p.participant = d.participant
where list_contains(:items, a.item) and a.option = '' and a.value is not null
  and list_contains(:refs, d.study)
order by 1, 3, 4"""
_LEFT_OUT = """
select d.prompted, count(distinct d.checkin) as checkins, count(distinct d.participant) as people
from answers a join checkin_days d on d.checkin = a.checkin
where d.study = :ref and list_contains(:items, a.item)
group by grouping sets ((), (d.prompted))"""
_DAY = 24 * 60 * 60 * 1000


def observed(
    query: Query,
    study: Study,
    known: Versions,
    outcome: Outcome,
    checkins: CheckIns = CheckIns.BOTH,
    audience: Audience = Audience.STAFF,
) -> Observed:
    """The observations of an outcome, and what is not among them because its scale changed.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        outcome: What is observed.
        checkins: Of which check-ins.
        audience: Decides of how many people the check-ins left out must be to be counted.
    """
    found = observations(query, study, known, outcome, checkins)
    made = [] if checkins is CheckIns.BOTH else _made(query, study, known, outcome)
    return Observed(found, left_out(query, study, known, outcome, checkins, audience), made)


def observations(
    query: Query, study: Study, known: Versions, outcome: Outcome, checkins: CheckIns = CheckIns.BOTH
) -> list[Row]:
    """The observations of an outcome, by person and time, each in the arm in which the person enrolled.

    A measure has its score at each check-in. Any other indicator has the 7-day value at the last check-in of
    each study week. Only check-ins of those versions of the study count that ask all measures of the outcome
    as the newest does. Left out are days before the first phase and after the last, and people whose arm the
    study does not have.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        outcome: What is observed.
        checkins: Of which check-ins.
    """
    if outcome.measure:
        return _scores(query, study, known, outcome.measure, checkins)
    found = query(
        _WEEKLY,
        refs=alike(known, study, outcome.measures),
        ids=_ids(outcome.indicator, checkins),
        scale=outcome.scale,
    )
    return _within_phases(found.itertuples(), study, window_days=DAYS_OF_WEEK)


def left_out(
    query: Query,
    study: Study,
    known: Versions,
    outcome: Outcome,
    checkins: CheckIns = CheckIns.BOTH,
    audience: Audience = Audience.STAFF,
) -> LeftOut | None:
    """The check-ins of versions that ask an outcome with other items or scales; None if there are none.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        outcome: What is observed.
        checkins: Of which check-ins.
        audience: Decides of how many people they must be to be counted.
    """
    used = alike(known, study, outcome.measures)
    counts: dict[str, tuple[int, int]] = {}
    for ref, version in known.studies.items():
        items = [item.id for measure in sorted(outcome.measures) for item in version.items_of(measure)]
        if version.id != study.id or ref in used or not items:
            continue
        found = {_kind(row.prompted): row for row in query(_LEFT_OUT, ref=ref, items=items).itertuples()}
        if checkins in found and found[checkins].checkins:
            # Of one kind they are told only if the other's, which follow from all, are of enough people too.
            related = [found[checkins]] if checkins is CheckIns.BOTH else found.values()
            counts[ref] = (int(found[checkins].checkins), min(int(one.people) for one in related))
    if not counts:
        return None
    enough = all(people >= MINIMUM_CELL[audience] for _, people in counts.values())
    return LeftOut(sum(count for count, _ in counts.values()) if enough else None, tuple(counts))


def _kind(prompted: Any) -> CheckIns:
    if pd.isna(prompted):
        return CheckIns.BOTH
    return CheckIns.PROMPTED if prompted else CheckIns.OWN_INITIATIVE


def _made(query: Query, study: Study, known: Versions, outcome: Outcome) -> list[Made]:
    """The check-ins of both kinds that an outcome depends on, by person and day.

    One that is in a window of seven days counts on the first and on the last day on which a window that has
    it can end.
    """
    items = [item.id for measure in sorted(outcome.measures) for item in study.items_of(measure)]
    found = query(_MADE, items=items, refs=alike(known, study, outcome.measures)).itertuples()
    reach = (0,) if outcome.measure else (0, DAYS_OF_WEEK - 1)
    return [
        Made(row.participant, arm.id, phase.kind.value, int(row.study_day) + days, label, bool(row.prompted))
        for row in found
        if (arm := study.arm(row.arm)) and (phase := arm.phase_on(int(row.study_day)))
        for label in [phase_label(phase, study)]
        for days in reach
    ]


def _ids(indicator: str, checkins: CheckIns) -> list[str]:
    """The live values that stand for some check-ins; the longest id that is there holds.

    A window without check-ins on own initiative has no value of its own for the prompted ones.
    """
    match checkins:
        case CheckIns.BOTH:
            return [indicator]
        case CheckIns.PROMPTED:
            return [indicator, f"{indicator}/{checkins.value}"]
        case CheckIns.OWN_INITIATIVE:
            return [f"{indicator}/{checkins.value}"]
        case _:
            assert_never(checkins)


def _scores(query: Query, study: Study, known: Versions, measure: Measure, checkins: CheckIns) -> list[Row]:
    items, refs = asked_alike(known, study, measure)
    answers = query(_ANSWERS, items=items, refs=refs, checkins=checkins.value).itertuples()
    made = (
        own[0]._replace(value=score({row.item: float(row.value) for row in own}, items))
        for own in (list(rows) for _, rows in groupby(answers, key=lambda row: row.checkin))
    )
    return _within_phases(made, study, window_days=1)


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
                at=float(row.since) / _DAY,
            )
        )
    return rows
