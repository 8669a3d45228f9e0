"""The trends of a study over its days, from the store: each item on a scale, and each measure of several."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pandas as pd

from schemas.base import CheckIns
from schemas.study import ScaleItem, Study
from schemas.study.versions import Versions
from streams.records.scores import score
from streams.statistics.disclosure_control import Audience
from streams.statistics.family import Family, benjamini_hochberg
from streams.statistics.kinds import suppress_kinds
from streams.statistics.plan import ALL_ARMS
from streams.statistics.result import Reason
from streams.statistics.trends import Point, Trend, trend
from streams.store.composites import composites
from streams.store.definitions import Query, asked_alike

FAMILY = "all trends of the study"
"""What the adjusted p values are adjusted for."""

_ANSWERS = """
select d.participant, p.first_arm as arm, d.study_day, d.study, d.checkin, d.prompted, o.beep, a.item, a.value
from answers a
join checkin_days d on d.checkin = a.checkin
join participants p on p.participant = d.participant
left join prompt_outcomes o on o.checkin = d.checkin
where list_contains(:items, a.item) and a.option = '' and a.value is not null
  and split_part(d.study, '@', 1) = :study
order by d.participant, d.occurred_at, d.checkin"""


@dataclass(frozen=True)
class _CheckIn:
    """The answers on scales of a check-in, in the arm of enrolment and with the version that was answered."""

    participant: str
    arm: str
    study: str
    day: int
    prompted: bool
    prompt: int | None
    answers: Mapping[str, float]

    def point(self, items: Sequence[str]) -> Point | None:
        """The mean of some items; None if none of them was answered."""
        value = score(self.answers, items)
        return None if value is None else Point(self.participant, self.day, self.prompt, value)


@dataclass(frozen=True)
class TrendRow:
    """A line of the table of trends; the numbers are None where there is a `reason`.

    Attributes:
        outcome: `item/ID`, or `mean/MEASURE` for the mean of a measure's items.
        arm: The arm in which people enrolled; `all arms` where there are several.
        checkins: Which check-ins count.
        slope_per_day, low, high: Scale points per study day, with a 95 % interval.
        standardised: Standard deviations of the outcome per standard deviation of the study day.
        p, p_adjusted: Two-sided; adjusted within `FAMILY` (Benjamini & Hochberg 1995).
        people, n: How many participants and values; None where the cell is too small to be shown.
        reason: Why there is no trend.
    """

    outcome: str
    arm: str
    checkins: CheckIns
    slope_per_day: float | None
    low: float | None
    high: float | None
    standardised: float | None
    p: float | None
    p_adjusted: float | None
    people: int | None
    n: int | None
    reason: str | None


def trends_of(
    query: Query,
    study: Study,
    known: Versions,
    audience: Audience = Audience.STAFF,
    checkins: CheckIns = CheckIns.BOTH,
) -> list[TrendRow]:
    """Fit the trend of each item on a scale, and of each measure that several items ask for.

    Check-ins count of the versions of the study that ask alike. Left out are days before the first phase
    and after the last, and people whose arm the study does not have.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        audience: Decides which cells are too small to show.
        checkins: Which check-ins count.
    """
    asked = [(f"mean/{one.value}", *asked_alike(known, study, one)) for one in composites(study)]
    asked += [(f"item/{one.id}", [one.id], _on_the_same_scale(known, study, one)) for one in study.scales]
    everything = list(_checkins(query, study))
    rows = [
        _row(outcome, arm, checkins, found, visible=visible)
        for outcome, items, refs in asked
        for arm, found, visible in _arms(
            [one for one in everything if one.study in refs], items, study, checkins, audience
        )
    ]
    names = {row: f"{row.outcome} {row.arm}" for row in rows}
    adjusted = benjamini_hochberg(
        Family(FAMILY, tuple(names.values())), {name: row.p for row, name in names.items()}
    )
    return [replace(row, p_adjusted=adjusted[name]) for row, name in names.items()]


def _on_the_same_scale(known: Versions, study: Study, item: ScaleItem) -> list[str]:
    """The versions of the study that ask an item on the scale of the newest."""
    bounds = (item.scale.min, item.scale.max)
    return [
        ref
        for ref, one in known.studies.items()
        if one.id == study.id
        and any((other.scale.min, other.scale.max) == bounds for other in one.scales if other.id == item.id)
    ]


def _checkins(query: Query, study: Study) -> Iterator[_CheckIn]:
    """The check-ins within the phases, by person and time."""
    items = [item.id for item in study.scales]
    found: Iterable[Any] = query(_ANSWERS, items=items, study=study.id).itertuples()
    for _, group in groupby(found, key=lambda row: row.checkin):
        rows = list(group)
        first, day = rows[0], int(rows[0].study_day)
        arm = study.arm(first.arm)
        if arm is not None and arm.phase_on(day) is not None:
            prompt = None if pd.isna(first.beep) else int(first.beep)
            answers = {row.item: float(row.value) for row in rows}
            yield _CheckIn(first.participant, arm.id, first.study, day, bool(first.prompted), prompt, answers)


def _arms(
    checkins: Sequence[_CheckIn], items: Sequence[str], study: Study, which: CheckIns, audience: Audience
) -> Iterator[tuple[str, Trend, bool]]:
    """Each arm's trend and whether it may be shown, then the trend of all together if there are several."""
    kept: dict[str, list[Point]] = {arm.id: [] for arm in study.arms}
    people: dict[bool, dict[str, set[str]]] = {kind: {arm: set() for arm in kept} for kind in (True, False)}
    for checkin in checkins:
        if point := checkin.point(items):
            people[checkin.prompted][checkin.arm].add(checkin.participant)
            if which is CheckIns.BOTH or checkin.prompted == (which is CheckIns.PROMPTED):
                kept[checkin.arm].append(point)
    found = [trend(own) for own in kept.values()]
    prompted, own_initiative = (list(people[kind].values()) for kind in (True, False))
    shown, total = suppress_kinds(prompted, own_initiative, which, audience)
    yield from zip(kept, found, shown, strict=True)
    if len(kept) > 1:
        yield ALL_ARMS, trend([point for own in kept.values() for point in own]), total


def _row(outcome: str, arm: str, checkins: CheckIns, found: Trend, *, visible: bool) -> TrendRow:
    hidden = Trend(None, None, None, None, None, 0, 0, Reason.SUPPRESSED)
    one = found if visible else hidden
    return TrendRow(
        outcome=outcome,
        arm=arm,
        checkins=checkins,
        slope_per_day=one.slope,
        low=one.interval.low if one.interval else None,
        high=one.interval.high if one.interval else None,
        standardised=one.standardised,
        p=one.p,
        p_adjusted=None,
        people=one.people if visible else None,
        n=one.n if visible else None,
        reason=one.reason.value if one.reason else None,
    )
