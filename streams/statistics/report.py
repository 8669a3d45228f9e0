"""The report of a study: contrasts between arms, changes within them and weekly means, small cells hidden.

The dashboard, `wellstream report` and the store's tables all show what these functions return.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.base import CheckIns
from streams.statistics.arm_changes import PhaseChange, arm_changes, shown_change
from streams.statistics.contrast import Contrast, ContrastMethod, contrast
from streams.statistics.family import Family, benjamini_hochberg
from streams.statistics.plan import Plan, PlannedOutcome
from streams.statistics.result import finite
from streams.statistics.rows import Made, Row
from streams.statistics.weeks import WeekCell, weekly_means


@dataclass(frozen=True)
class LeftOut:
    """Check-ins that a report leaves out because their version of the study asks the outcome otherwise.

    Attributes:
        checkins: How many; None if they are of too few people to be counted.
        versions: Of the study, as `id@version`.
    """

    checkins: int | None
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Observed:
    """The observations of an outcome.

    Attributes:
        rows: Of any phase.
        left_out: What is not among them because the scale changed; None if nothing.
        made: The check-ins of both kinds that the outcome depends on, if the observations are of one kind.
    """

    rows: Sequence[Row]
    left_out: LeftOut | None = None
    made: Sequence[Made] = ()


@dataclass(frozen=True)
class Report:
    """The report of one outcome.

    Attributes:
        outcome: Its name.
        checkins: Which check-ins it is of.
        left_out: What it leaves out because the scale changed; None if nothing.
        weeks: Each week with observations, in order: the plan's arms, then all arms together. Empty if weeks
            were not asked for.
        changes: The phases of each arm of the plan, then of all arms together by kind.
        contrasts: Each other arm with the reference, by kind of phase.
    """

    outcome: str
    checkins: CheckIns
    left_out: LeftOut | None
    weeks: tuple[WeekCell, ...]
    changes: tuple[PhaseChange, ...]
    contrasts: tuple[Contrast, ...]

    def table(self, of: Iterable[WeekCell | PhaseChange | Contrast]) -> list[dict[str, Any]]:
        """Cells of this report as rows of a table, each with the check-ins that it is of and leaves out."""
        left = self.left_out
        common = {
            "checkins_left_out": left.checkins if left else None,
            "versions_left_out": " ".join(left.versions) if left else None,
        }
        return [{"checkins": self.checkins.value, **one.row(), **common} for one in of]


@dataclass(frozen=True)
class StudyReport:
    """The report of a study.

    Attributes:
        plan: What the report covers.
        outcomes: The report of each outcome, in the order of the plan.
        contrast_family, change_family: The tests that were adjusted together.
    """

    plan: Plan
    outcomes: tuple[Report, ...]
    contrast_family: Family
    change_family: Family

    def of(self, outcome: str) -> Report:
        """The report of the outcome with a name.

        Raises:
            KeyError: If the plan has no such outcome.
        """
        for one in self.outcomes:
            if one.outcome == outcome:
                return one
        raise KeyError(outcome)


def report(observed: Mapping[str, Observed], plan: Plan, weeks: Collection[str]) -> StudyReport:
    """Report on a study; the order of the rows does not matter.

    Hidden p values count in no family: an adjusted one could be traced back to them.

    Args:
        observed: The observations of each outcome of the plan.
        plan: What to report.
        weeks: The outcomes whose weekly means are wanted.

    Raises:
        ValueError: If a value is not finite, an arm is not in the plan, or a participant is in two arms.
    """
    found = [_report(observed[one.name], plan, one, weeks=one.name in weeks) for one in plan.outcomes]
    contrasts = {_of_contrast(made, one): one.p for made in found for one in made.contrasts}
    changes = {_of_change(made, one): one.p for made in found for one in made.changes if one.arm}
    contrast_family = Family(_contrasts_name(plan), tuple(contrasts))
    change_family = Family(_changes_name(plan, len(changes)), tuple(changes))
    contrasts = benjamini_hochberg(contrast_family, contrasts)
    changes = benjamini_hochberg(change_family, changes)
    adjusted = tuple(
        replace(
            made,
            contrasts=tuple(replace(c, p_adjusted=contrasts[_of_contrast(made, c)]) for c in made.contrasts),
            changes=tuple(replace(c, p_adjusted=changes.get(_of_change(made, c))) for c in made.changes),
        )
        for made in found
    )
    return StudyReport(plan, adjusted, contrast_family, change_family)


def weekly_report(observed: Observed, plan: Plan, outcome: PlannedOutcome) -> Report:
    """The weekly means of one outcome alone, the same as in the report of the study.

    Args:
        observed: Its observations.
        plan: What to report.
        outcome: The outcome.

    Raises:
        ValueError: As `report`.
    """
    _check(observed.rows, plan, outcome)
    weeks = weekly_means(observed.rows, plan, observed.made)
    return Report(outcome.name, plan.checkins, observed.left_out, weeks, (), ())


def _report(observed: Observed, plan: Plan, outcome: PlannedOutcome, *, weeks: bool) -> Report:
    rows = observed.rows
    _check(rows, plan, outcome)
    changes = arm_changes(rows, plan, outcome, observed.made)
    # The last of an arm and kind is that of all its phases of the kind.
    whole = {(one.arm, one.kind): one for one in changes}
    modelled = rows if plan.models else None
    method = ContrastMethod.POOLED_CHANGES if outcome.scores else ContrastMethod.WELCH_T
    return Report(
        outcome.name,
        plan.checkins,
        observed.left_out,
        weekly_means(rows, plan, observed.made) if weeks else (),
        tuple(shown_change(one, plan) for one in changes),
        tuple(
            contrast(whole[one.arm.id, one.kind], whole[one.reference.id, one.kind], one, method, modelled)
            for one in plan.comparisons
        ),
    )


def _check(rows: Sequence[Row], plan: Plan, outcome: PlannedOutcome) -> None:
    finite(row.value for row in rows)
    known = {arm.id for arm in plan.arms}
    arm_of: dict[str, str] = {}
    for row in rows:
        if row.arm not in known:
            raise ValueError(f"arm {row.arm!r} is not in the plan of {outcome.name}")
        if arm_of.setdefault(row.participant, row.arm) != row.arm:
            raise ValueError(f"participant {row.participant} is in two arms")


def _of_contrast(made: Report, one: Contrast) -> str:
    return f"{made.outcome}: {one.arm}, {one.kind}"


def _of_change(made: Report, one: PhaseChange) -> str:
    return f"{made.outcome}: {one.arm}, {one.phase}"


def _contrasts_name(plan: Plan) -> str:
    arms = len({one.arm.id for one in plan.comparisons})
    outcomes, kinds = len(plan.outcomes), len({one.kind for one in plan.comparisons})
    parts = [_counted(arms, "arm"), _counted(outcomes, "outcome"), _counted(kinds, "phase")]
    size = outcomes * len(plan.comparisons)
    name = f"{_counted(size, 'contrast')}: {' x '.join(parts)}"
    return name if size == arms * outcomes * kinds else f"{name}, where both arms have the phase"


def _changes_name(plan: Plan, size: int) -> str:
    outcomes, arms = len(plan.outcomes), len(plan.arms)
    phases = size // outcomes if outcomes else 0
    parts = f"{_counted(outcomes, 'outcome')} x {_counted(phases, 'phase')} of {_counted(arms, 'arm')}"
    return f"{_counted(size, 'change')}: {parts}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
