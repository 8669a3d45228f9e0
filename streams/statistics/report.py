"""The batch report of one indicator: weekly means of each arm, and change per arm, small cells hidden."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from streams.statistics.change import Change, Family, benjamini_hochberg, change
from streams.statistics.claims import Claim, claim
from streams.statistics.disclosure_control import MINIMUM_CELL, Audience, suppress_line
from streams.statistics.meta import Pooled, pool
from streams.statistics.resampling import SEED, IntervalMethod, PeopleMean, mean, people_mean
from streams.statistics.result import Interval, Reason, finite
from streams.statistics.rows import Row


@dataclass(frozen=True)
class Plan:
    """What to report, declared beforehand.

    Attributes:
        indicator: Id, with its scale, as it is to stand in the report.
        baseline, phase: The phases between which change is taken.
        arms: All arms, in the order of the report; p values are adjusted over them.
        randomised: Whether chance decided who was in the phase.
        audience: Decides which cells are too small to show.
        seed: Of the bootstrap.
    """

    indicator: str
    baseline: str
    phase: str
    arms: tuple[str, ...]
    randomised: bool
    audience: Audience
    seed: int = SEED


@dataclass(frozen=True)
class WeekCell:
    """One arm in one week.

    Attributes:
        week: Its Monday.
        arm: None for all arms together.
        mean: Mean over people of each one's mean in that week, in the indicator's unit.
        interval: 95 %.
        method: How the interval was made.
        people, checkins: How many are behind it; None where suppressed.
        reason: Why something is None.
    """

    week: date
    arm: str | None
    mean: float | None
    interval: Interval | None
    method: IntervalMethod | None
    people: int | None
    checkins: int | None
    reason: Reason | None = None


@dataclass(frozen=True)
class ArmChange:
    """How much the people of one arm changed.

    Attributes:
        arm: None for all arms together.
        claim: What the number may be called.
        estimate: Average change, in the indicator's unit; REML with Knapp-Hartung.
        interval: 95 %.
        p: Two-sided, 0-1.
        p_adjusted: After Benjamini & Hochberg, over the arms of the plan; None for all arms together.
        tau2, i2: How much people differ in it: variance, and its share in percent.
        people: People pooled; None where suppressed.
        left_out: People with check-ins in either phase but without a usable change; None where they are
            too few to be shown.
        reason: Why something is None.
    """

    arm: str | None
    claim: Claim
    estimate: float | None
    interval: Interval | None
    p: float | None
    p_adjusted: float | None
    tau2: float | None
    i2: float | None
    people: int | None
    left_out: int | None
    reason: Reason | None = None


@dataclass(frozen=True)
class Report:
    """The report of one indicator.

    Attributes:
        plan: What was asked for.
        weeks: Each week that has check-ins, in order: the arms of the plan, then all together.
        changes: The arms of the plan, then all together.
    """

    plan: Plan
    weeks: tuple[WeekCell, ...]
    changes: tuple[ArmChange, ...]


def report(rows: Sequence[Row], plan: Plan) -> Report:
    """The report; the same rows in any order give the same one.

    Args:
        rows: One for each check-in that has a value, whatever its phase.
        plan: What to report.

    Raises:
        ValueError: If a value is not finite, an arm is not in the plan, or a participant is in two arms.
    """
    finite(row.value for row in rows)
    arm_of: dict[str, str] = {}
    for row in rows:
        if row.arm not in plan.arms:
            raise ValueError(f"arm {row.arm!r} is not in the plan of {plan.indicator}")
        if arm_of.setdefault(row.participant, row.arm) != row.arm:
            raise ValueError(f"participant {row.participant} is in two arms")
    return Report(plan, _weeks(rows, plan), _changes(rows, plan, arm_of))


def _weeks(rows: Sequence[Row], plan: Plan) -> tuple[WeekCell, ...]:
    weeks: defaultdict[date, list[Row]] = defaultdict(list)
    for row in rows:
        weeks[row.day - timedelta(days=row.day.weekday())].append(row)
    cells: list[WeekCell] = []
    for week, inside in sorted(weeks.items()):
        parts = [[row for row in inside if row.arm == arm] for arm in plan.arms]
        shown, total = suppress_line(
            [len({row.participant for row in part}) for part in parts], plan.audience
        )
        cells += [
            _week(week, arm, part, plan.seed, visible=visible)
            for arm, part, visible in zip((*plan.arms, None), [*parts, inside], (*shown, total), strict=True)
        ]
    return tuple(cells)


def _week(week: date, arm: str | None, rows: Sequence[Row], seed: int, *, visible: bool) -> WeekCell:
    if not visible:
        return WeekCell(week, arm, None, None, None, None, None, Reason.SUPPRESSED)
    own: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        own[row.participant].append(row.value)
    found: PeopleMean = people_mean([mean(values) for _, values in sorted(own.items())], seed)
    return WeekCell(week, arm, found.value, found.interval, found.method, found.n, len(rows), found.reason)


def _changes(rows: Sequence[Row], plan: Plan, arm_of: Mapping[str, str]) -> tuple[ArmChange, ...]:
    before: defaultdict[str, list[float]] = defaultdict(list)
    after: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.phase == plan.baseline:
            before[row.participant].append(row.value)
        elif row.phase == plan.phase:
            after[row.participant].append(row.value)
    people = sorted({*before, *after})
    own = {person: change(before[person], after[person]) for person in people}
    groups = [[own[person] for person in people if arm_of[person] == arm] for arm in plan.arms]
    pooled = [_pool(group) for group in groups]
    family = Family(f"change of {plan.indicator} by arm", plan.arms)
    adjusted = benjamini_hochberg(
        family, {arm: found.p for arm, found in zip(plan.arms, pooled, strict=True)}
    )
    everyone = list(own.values())
    shown, total = suppress_line([found.k for found in pooled], plan.audience)
    words = claim(randomised=plan.randomised)
    return tuple(
        _arm(arm, words, found, adjusted.get(arm) if arm else None, _enough(len(group) - found.k, plan))
        if visible
        else ArmChange(arm, words, None, None, None, None, None, None, None, None, Reason.SUPPRESSED)
        for arm, found, group, visible in zip(
            (*plan.arms, None),
            [*pooled, _pool(everyone)],
            [*groups, everyone],
            (*shown, total),
            strict=True,
        )
    )


def _pool(changes: Sequence[Change]) -> Pooled:
    usable = [
        (one.difference, one.se) for one in changes if one.difference is not None and one.se is not None
    ]
    return pool([difference for difference, _ in usable], [se for _, se in usable])


def _enough(count: int, plan: Plan) -> int | None:
    return count if count >= MINIMUM_CELL[plan.audience] else None


def _arm(
    arm: str | None, words: Claim, found: Pooled, adjusted: float | None, left_out: int | None
) -> ArmChange:
    return ArmChange(
        arm=arm,
        claim=words,
        estimate=found.estimate,
        interval=found.interval,
        p=found.p,
        p_adjusted=adjusted,
        tau2=found.tau2,
        i2=found.i2,
        people=found.k,
        left_out=left_out,
        reason=found.reason,
    )
