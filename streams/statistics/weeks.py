"""Weekly means of an outcome in each arm, with small cells suppressed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streams.statistics.disclosure_control import suppress_line
from streams.statistics.kinds import kinds_shown
from streams.statistics.means import IntervalMethod, mean, people_mean
from streams.statistics.plan import ALL_ARMS, Plan
from streams.statistics.result import Interval, Reason, ends, only_rounding
from streams.statistics.rows import Made, Row


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
            "arm": self.arm or ALL_ARMS, "week": self.week, "mean": self.mean, **ends(self.interval),
            "method": self.method.value if self.method else None, "people": self.people,
            "observations": self.observations, "reason": self.reason.value if self.reason else None,
        }  # fmt: skip


def weekly_means(rows: Sequence[Row], plan: Plan, made: Sequence[Made] = ()) -> tuple[WeekCell, ...]:
    """Each week with observations, in order: the plan's arms, then all arms together.

    Args:
        rows: Observations of one outcome, of any phase.
        plan: Names the arms and the audience.
        made: As in `Observed`.
    """
    weeks: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        weeks[row.week].append(row)
    made_in: defaultdict[int, list[Made]] = defaultdict(list)
    for one in made:
        made_in[one.week].append(one)
    names = [arm.id for arm in plan.arms]
    cells: list[WeekCell] = []
    for week, inside in sorted(weeks.items()):
        parts = [[row for row in inside if row.arm == name] for name in names]
        shown, total = suppress_line(
            [len({row.participant for row in part}) for part in parts], plan.audience
        )
        apart = kinds_shown(made_in[week], plan)
        cells += [
            _week(arm, week, part, visible=visible and told_apart)
            for arm, part, visible, told_apart in zip(
                (*names, None), [*parts, inside], (*shown, total), apart, strict=True
            )
        ]
    return tuple(cells)


def _week(arm: str | None, week: int, rows: Sequence[Row], *, visible: bool) -> WeekCell:
    if not visible:
        return WeekCell(arm, week, None, None, None, None, None, Reason.SUPPRESSED)
    own: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        own[row.participant].append(row.value)
    means = [mean(values) for _, values in sorted(own.items())]
    if len(means) > 1 and only_rounding(max(means) - min(means), *means):
        return WeekCell(arm, week, means[0], None, None, len(means), len(rows), Reason.ZERO_VARIANCE)
    found = people_mean(means)
    return WeekCell(arm, week, found.value, found.interval, found.method, found.n, len(rows), found.reason)
