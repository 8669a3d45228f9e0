"""The report of one outcome: weekly means by arm and change from baseline, with small cells suppressed.

The dashboard, `wellstream report` and the store's tables all show what these functions return.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.base import PhaseKind
from streams.statistics.change import Family, benjamini_hochberg, change
from streams.statistics.claims import Claim
from streams.statistics.disclosure_control import MINIMUM_CELL, suppress_line
from streams.statistics.means import IntervalMethod, mean, people_mean
from streams.statistics.meta import pool
from streams.statistics.plan import ALL_ARMS, Plan, PlannedArm
from streams.statistics.result import Interval, Reason, finite
from streams.statistics.rows import Row

Values = Mapping[str, Mapping[str, Sequence[float]]]
"""Each participant's values by phase."""


@dataclass(frozen=True)
class WeekCell:
    """One arm in one study week.

    Attributes:
        arm: None for all arms together.
        week: Week 1 begins on each participant's first day.
        mean: Mean over people of their weekly means, in the outcome's unit.
        interval: 95 %.
        method: How the interval was computed.
        people, observations: How many it is based on; None if suppressed.
        reason: Why a value is None.
    """

    arm: str | None
    week: int
    mean: float | None
    interval: Interval | None
    method: IntervalMethod | None
    people: int | None
    observations: int | None
    reason: Reason | None = None

    def row(self) -> dict[str, Any]:
        """The cell as a row of a table."""
        return {
            "arm": self.arm or ALL_ARMS, "week": self.week, "mean": self.mean, **_ends(self.interval),
            "method": self.method.value if self.method else None, "people": self.people,
            "observations": self.observations, "reason": self.reason.value if self.reason else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """An average change.

    Attributes:
        value: In the outcome's unit.
        interval: 95 %.
        method: How the interval was computed.
        p: Two-sided, 0-1.
        tau2, i2: How much people differ: between-person variance, and its share in percent.
        people: People with a usable change.
        left_out: People with observations in either phase but no usable change.
        reason: Why a value is None.
    """

    value: float | None
    interval: Interval | None
    method: IntervalMethod | None
    p: float | None
    tau2: float | None
    i2: float | None
    people: int
    left_out: int
    reason: Reason | None = None


@dataclass(frozen=True)
class PhaseChange:
    """The change in one arm from baseline to a later phase.

    Attributes:
        arm: None for all arms together.
        phase: The phase's label; for all arms together, its kind.
        claim: What the number may be called.
        estimate, interval: The average change and its 95 % interval; `reason` says why one is None.
        p_adjusted: Adjusted by Benjamini-Hochberg over all arms and phases; None for all arms together.
        people: How many people it is based on; None if suppressed.
        left_out: As in `Estimate`; None if too few to be shown.
        reason: Why a value is None.
    """

    arm: str | None
    phase: str
    claim: Claim
    estimate: float | None
    interval: Interval | None
    method: IntervalMethod | None
    p: float | None
    p_adjusted: float | None
    tau2: float | None
    i2: float | None
    people: int | None
    left_out: int | None
    reason: Reason | None = None

    def row(self) -> dict[str, Any]:
        """The change as a row of a table."""
        return {
            "arm": self.arm or ALL_ARMS, "phase": self.phase, "claim": self.claim.value,
            "estimate": self.estimate, **_ends(self.interval),
            "method": self.method.value if self.method else None, "p": self.p,
            "p_adjusted": self.p_adjusted, "tau2": self.tau2, "i2": self.i2, "people": self.people,
            "left_out": self.left_out, "reason": self.reason.value if self.reason else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The report of one outcome.

    Attributes:
        plan: What the report covers.
        weeks: Each week with observations, in order: the plan's arms, then all arms together.
        changes: The phases of each arm of the plan, then of all arms together by kind.
    """

    plan: Plan
    weeks: tuple[WeekCell, ...]
    changes: tuple[PhaseChange, ...]


def report(rows: Sequence[Row], plan: Plan) -> Report:
    """Report on an outcome; the order of the rows does not matter.

    Args:
        rows: Observations of any phase.
        plan: What to report.

    Raises:
        ValueError: If a value is not finite, an arm is not in the plan, or a participant is in two arms.
    """
    finite(row.value for row in rows)
    known = {arm.id for arm in plan.arms}
    arm_of: dict[str, str] = {}
    for row in rows:
        if row.arm not in known:
            raise ValueError(f"arm {row.arm!r} is not in the plan of {plan.outcome}")
        if arm_of.setdefault(row.participant, row.arm) != row.arm:
            raise ValueError(f"participant {row.participant} is in two arms")
    return Report(plan, _weeks(rows, plan), _changes(rows, plan, arm_of))


def _weeks(rows: Sequence[Row], plan: Plan) -> tuple[WeekCell, ...]:
    weeks: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        weeks[row.week].append(row)
    names = [arm.id for arm in plan.arms]
    cells: list[WeekCell] = []
    for week, inside in sorted(weeks.items()):
        parts = [[row for row in inside if row.arm == name] for name in names]
        shown, total = suppress_line(
            [len({row.participant for row in part}) for part in parts], plan.audience
        )
        cells += [
            _week(arm, week, part, visible=visible)
            for arm, part, visible in zip((*names, None), [*parts, inside], (*shown, total), strict=True)
        ]
    return tuple(cells)


def _week(arm: str | None, week: int, rows: Sequence[Row], *, visible: bool) -> WeekCell:
    if not visible:
        return WeekCell(arm, week, None, None, None, None, None, Reason.SUPPRESSED)
    own: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        own[row.participant].append(row.value)
    found = people_mean([mean(values) for _, values in sorted(own.items())])
    return WeekCell(arm, week, found.value, found.interval, found.method, found.n, len(rows), found.reason)


@dataclass(frozen=True)
class _Cell:
    """A phase of an arm, with its estimate and whether it may be shown."""

    arm: PlannedArm
    kind: str
    label: str
    found: Estimate
    visible: bool

    @property
    def key(self) -> str:
        return f"{self.arm.id}/{self.label}"


def _changes(rows: Sequence[Row], plan: Plan, arm_of: Mapping[str, str]) -> tuple[PhaseChange, ...]:
    by_kind, by_label = _values(rows, lambda row: row.phase), _values(rows, _label)
    people = {arm.id: sorted(one for one in by_kind if arm_of[one] == arm.id) for arm in plan.arms}
    cells: list[_Cell] = []
    totals: list[PhaseChange] = []
    for kind in plan.kinds:
        counts = [_estimate(by_kind, people[arm.id], kind, plan).people for arm in plan.arms]
        shown, total = suppress_line(counts, plan.audience)
        for arm, visible in zip(plan.arms, shown, strict=True):
            for label in arm.labels(kind):
                found = _estimate(by_label, people[arm.id], label, plan)
                small = 0 < found.people < MINIMUM_CELL[plan.audience]
                cells.append(_Cell(arm, kind, label, found, visible and not small))
        everybody = _estimate(by_kind, sorted(by_kind), kind, plan)
        totals.append(_shown(None, kind, plan.claim_for(kind), everybody, None, plan, visible=total))
    family = Family(f"change of {plan.outcome}", tuple(cell.key for cell in cells))
    adjusted = benjamini_hochberg(family, {cell.key: cell.found.p for cell in cells})
    by_arm = [cell for arm in plan.arms for cell in cells if cell.arm is arm]
    return (*(_shown_cell(cell, adjusted[cell.key], plan) for cell in by_arm), *totals)


def _shown_cell(cell: _Cell, adjusted: float | None, plan: Plan) -> PhaseChange:
    words = plan.claim_for(cell.kind, cell.arm, cell.label)
    return _shown(cell.arm.id, cell.label, words, cell.found, adjusted, plan, visible=cell.visible)


def _label(row: Row) -> str:
    return row.phase if row.phase == PhaseKind.BASELINE else row.label or row.phase


def _values(rows: Sequence[Row], phase_of: Callable[[Row], str]) -> Values:
    found: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if phase := phase_of(row):
            found[row.participant][phase].append(row.value)
    return found


def _either(
    values: Values, people: Sequence[str], phase: str
) -> list[tuple[Sequence[float], Sequence[float]]]:
    """Baseline and phase values of everybody who has any of either."""
    both = [(values[one].get(PhaseKind.BASELINE, ()), values[one].get(phase, ())) for one in people]
    return [(before, after) for before, after in both if before or after]


def _estimate(values: Values, people: Sequence[str], phase: str, plan: Plan) -> Estimate:
    either = _either(values, people, phase)
    return _pooled(either) if plan.scores else _mean_difference(either)


def _pooled(either: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Estimate:
    changes = [change(before, after) for before, after in either]
    usable = [(c.difference, c.se) for c in changes if c.difference is not None and c.se is not None]
    found = pool([difference for difference, _ in usable], [se for _, se in usable])
    return Estimate(
        value=found.estimate, interval=found.interval,
        method=IntervalMethod.KNAPP_HARTUNG if found.interval else None, p=found.p, tau2=found.tau2,
        i2=found.i2, people=found.k, left_out=len(changes) - found.k, reason=found.reason,
    )  # fmt: skip


def _mean_difference(either: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Estimate:
    differences = [mean(after) - mean(before) for before, after in either if before and after]
    found = people_mean(differences)
    return Estimate(
        value=found.value, interval=found.interval, method=found.method, p=None, tau2=None, i2=None,
        people=found.n, left_out=len(either) - found.n, reason=found.reason,
    )  # fmt: skip


def _shown(
    arm: str | None, phase: str, words: Claim, found: Estimate, adjusted: float | None, plan: Plan, *,
    visible: bool,
) -> PhaseChange:  # fmt: skip
    if not visible:
        nothing = (None,) * 9
        return PhaseChange(arm, phase, words, *nothing, Reason.SUPPRESSED)
    left_out = found.left_out if found.left_out >= MINIMUM_CELL[plan.audience] else None
    return PhaseChange(
        arm, phase, words, found.value, found.interval, found.method, found.p, adjusted, found.tau2,
        found.i2, found.people, left_out, found.reason,
    )  # fmt: skip


def _ends(interval: Interval | None) -> dict[str, float | None]:
    return {"low": interval.low if interval else None, "high": interval.high if interval else None}
