"""Change from baseline to each later phase within each arm, with small cells suppressed."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.base import PhaseKind
from streams.statistics.catalogue import META
from streams.statistics.change import Change, change
from streams.statistics.disclosure_control import MINIMUM_CELL, suppress_line
from streams.statistics.kinds import kinds_shown
from streams.statistics.means import IntervalMethod, mean, people_mean
from streams.statistics.meta import pool
from streams.statistics.plan import ALL_ARMS, Plan, PlannedArm, PlannedOutcome
from streams.statistics.result import Interval, Reason, ends, only_rounding
from streams.statistics.rows import Made, Row

_Either = Sequence[tuple[Sequence[float], Sequence[float]]]
"""Everybody's values in the baseline and in the phase, if there are any of either."""


@dataclass(frozen=True)
class Estimate:
    """An average change over people.

    Attributes:
        value: In the outcome's unit.
        se: Its standard error, with people - 1 degrees of freedom.
        interval: 95 %.
        method: How the interval was computed.
        p: Two-sided, 0-1; None where the interval is not that of a test.
        tau2, i2: How much people differ: between-person variance, and its share in percent.
        people: People with a usable change.
        left_out: People with observations in either phase but no usable change.
        reason: Why a value is None.
    """

    value: float | None
    se: float | None
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
    """The change in one arm from baseline to a later phase: never the effect of anything.

    Attributes:
        arm: None for all arms together.
        kind: The phase's kind.
        phase: The phase's label; for several phases together, their kind.
        estimate, interval: The average change and its 95 % interval; `reason` says why one is None.
        p_adjusted: Adjusted by Benjamini-Hochberg over all changes of the study; None for all arms together.
        people: How many people it is based on; None if suppressed.
        left_out: As in `Estimate`; None if too few to be shown.
        reason: Why a value is None.
    """

    arm: str | None
    kind: str
    phase: str
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
            "arm": self.arm or ALL_ARMS, "kind": self.kind, "phase": self.phase,
            "estimate": self.estimate, **ends(self.interval),
            "method": self.method.value if self.method else None, "p": self.p,
            "p_adjusted": self.p_adjusted, "tau2": self.tau2, "i2": self.i2, "people": self.people,
            "left_out": self.left_out, "reason": self.reason.value if self.reason else None,
        }  # fmt: skip


@dataclass(frozen=True)
class ArmChange:
    """A change with whether it may be shown.

    Attributes:
        arm: None for all arms together.
        kind, phase: As in `PhaseChange`.
        found: The estimate, even of a change that is hidden.
        visible: Whether it may be shown.
        left_out_visible: Whether it may also be told how many people it leaves out.
    """

    arm: str | None
    kind: str
    phase: str
    found: Estimate
    visible: bool
    left_out_visible: bool


def arm_changes(
    rows: Sequence[Row], plan: Plan, outcome: PlannedOutcome, made: Sequence[Made] = ()
) -> tuple[ArmChange, ...]:
    """The changes of an outcome: by arm and phase, then of all arms together by kind of phase.

    An arm with several phases of a kind has a change for each, and then one for all of that kind together.
    The last of an arm and kind is therefore that of the whole kind, which contrasts compare.

    Args:
        rows: Observations of the outcome, of any phase.
        plan: What to report.
        outcome: How observations are summarised.
        made: As in `Observed`.
    """
    by_kind, by_label = _values(rows, lambda row: row.phase), _values(rows, _label)
    arm_of = {row.participant: row.arm for row in rows}
    people = {arm.id: sorted(one for one in by_kind if arm_of[one] == arm.id) for arm in plan.arms}
    cells: list[ArmChange] = []
    totals: list[ArmChange] = []
    for kind in plan.kinds:
        whole = [_estimate(by_kind, people[arm.id], kind, plan, outcome) for arm in plan.arms]
        shown = _shown([found.people for found in whole], plan)
        told = _shown([found.left_out for found in whole], plan)
        apart = kinds_shown([one for one in made if one.phase in (PhaseKind.BASELINE, kind)], plan)
        visible = [both and kinds for both, kinds in zip(shown, apart, strict=True)]
        for arm, found, cell, left_out in zip(plan.arms, whole, visible, told, strict=False):
            if len(labels := arm.labels(kind)) > 1:
                parts = [_estimate(by_label, people[arm.id], label, plan, outcome) for label in labels]
                own = [one for one in made if one.arm == arm.id]
                cells += _parts(arm, kind, parts, plan, own, visible=cell)
            if labels:
                name = f"{kind} (all)" if len(labels) > 1 else labels[0]
                cells.append(ArmChange(arm.id, kind, name, found, cell, left_out))
        everybody = _estimate(by_kind, sorted(by_kind), kind, plan, outcome)
        totals.append(ArmChange(None, kind, kind, everybody, visible[-1], told[-1]))
    return (*(cell for arm in plan.arms for cell in cells if cell.arm == arm.id), *totals)


def shown_change(one: ArmChange, plan: Plan) -> PhaseChange:
    """What may be shown of a change; its p is not adjusted yet."""
    if not one.visible:
        nothing = (None,) * 9
        return PhaseChange(one.arm, one.kind, one.phase, *nothing, Reason.SUPPRESSED)
    found = one.found
    left_out = found.left_out if one.left_out_visible else None
    return PhaseChange(
        one.arm, one.kind, one.phase, found.value, found.interval, found.method, found.p, None, found.tau2,
        found.i2, found.people, left_out, found.reason,
    )  # fmt: skip


def _shown(counts: Sequence[int], plan: Plan) -> tuple[bool, ...]:
    """Whether each arm's count may be shown, and then their total."""
    cells, total = suppress_line(counts, plan.audience)
    return (*cells, total)


def _parts(
    arm: PlannedArm, kind: str, parts: Sequence[Estimate], plan: Plan, made: Sequence[Made], *, visible: bool
) -> list[ArmChange]:
    """The single phases of a kind: all or none, or a small one could be worked out from their whole."""
    labels = arm.labels(kind)
    kinds = [
        {
            one.participant
            for one in made
            if one.prompted == prompted and _label(one) in (PhaseKind.BASELINE, label)
        }
        for label in labels
        for prompted in (True, False)
    ]
    small = _any_small([part.people for part in parts] + [len(people) for people in kinds], plan)
    told = not _any_small([part.left_out for part in parts], plan)
    return [
        ArmChange(arm.id, kind, label, part, visible and not small, told)
        for label, part in zip(labels, parts, strict=True)
    ]


def _any_small(counts: Sequence[int], plan: Plan) -> bool:
    return any(0 < count < MINIMUM_CELL[plan.audience] for count in counts)


def _label(row: Row | Made) -> str:
    return row.phase if row.phase == PhaseKind.BASELINE else row.label or row.phase


_Values = Mapping[str, Mapping[str, Sequence[float]]]
"""Each participant's values by phase."""


def _values(rows: Sequence[Row], phase_of: Callable[[Row], str]) -> _Values:
    found: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if phase := phase_of(row):
            found[row.participant][phase].append(row.value)
    return found


def _estimate(
    values: _Values, people: Sequence[str], phase: str, plan: Plan, outcome: PlannedOutcome
) -> Estimate:
    both = [(values[one].get(PhaseKind.BASELINE, ()), values[one].get(phase, ())) for one in people]
    either = [(before, after) for before, after in both if before or after]
    return _pooled(either) if outcome.scores else _mean_difference(either)


def _pooled(either: _Either) -> Estimate:
    changes = [change(before, after) for before, after in either]
    usable = [(c.difference, c.se) for c in changes if c.difference is not None and c.se is not None]
    differences = [difference for difference, _ in usable]
    found = pool(differences, [se for _, se in usable])
    left_out = len(changes) - found.k
    if not usable:
        return _nothing(_why_unusable(changes), left_out)
    if found.estimate is not None and (found.se is None or only_rounding(found.se, *differences)):
        return _constant(found.estimate, found.k, left_out)
    return Estimate(
        value=found.estimate, se=found.se, interval=found.interval,
        method=IntervalMethod.KNAPP_HARTUNG if found.interval else None, p=found.p, tau2=found.tau2,
        i2=found.i2, people=found.k, left_out=left_out, reason=found.reason,
    )  # fmt: skip


def _mean_difference(either: _Either) -> Estimate:
    differences = [mean(after) - mean(before) for before, after in either if before and after]
    people, left_out = len(differences), len(either) - len(differences)
    if people > 1 and only_rounding(max(differences) - min(differences), *differences):
        return _constant(mean(differences), people, left_out)
    found, se = people_mean(differences), None
    if found.interval is not None and found.value is not None:
        squares = math.fsum((one - found.value) ** 2 for one in differences)
        se = math.sqrt(squares / (people - 1) / people)
    return Estimate(
        value=found.value, se=se, interval=found.interval, method=found.method, p=None, tau2=None, i2=None,
        people=people, left_out=left_out, reason=found.reason,
    )  # fmt: skip


def _why_unusable(changes: Sequence[Change]) -> Reason:
    """Why nobody has a usable change; of fewer than five people it is said only that there are no data."""
    constant = sum(one.difference is not None for one in changes)
    if constant >= META.minimum:
        return Reason.ZERO_VARIANCE
    both = sum(one.n_before > 0 and one.n_after > 0 for one in changes)
    return Reason.TOO_FEW if both >= META.minimum else Reason.NO_DATA


def _nothing(reason: Reason, left_out: int) -> Estimate:
    return Estimate(None, None, None, None, None, None, None, 0, left_out, reason)


def _constant(value: float, people: int, left_out: int) -> Estimate:
    return Estimate(value, None, None, None, None, None, None, people, left_out, Reason.ZERO_VARIANCE)
