"""The sentences that the page and the command say about a report, in one place."""

from collections.abc import Iterable

from streams.statistics.claims import Claim
from streams.statistics.family import Family
from streams.statistics.plan import Comparison, Plan
from streams.statistics.report import Report

REGRESSION = (
    "People often join when they feel worst and would improve somewhat anyway (regression to the mean), so "
    "no change within an arm is called an effect, not even in a randomised arm: it is a change while in a "
    "phase."
)
"""Why changes within arms are not effects."""

MISSING = (
    "Where people skip prompts because they feel bad, means come out better than they are and differences "
    "smaller, and no interval allows for that: compare compliance between arms and phases "
    "(docs/statistics.md)."
)
"""What no interval allows for."""


def nothing_compared(plan: Plan) -> str | None:
    """Why a report has no contrasts; None if it has any."""
    if len(plan.arms) == 1:
        return (
            f"The study has one arm, {plan.reference}, so there is nothing to compare it with: what follows "
            "are changes while in a phase, which show no effect."
        )
    if not plan.comparisons:
        return (
            f"No other arm has a phase after baseline of a kind that the reference arm {plan.reference} has, "
            "too, so there is nothing to compare."
        )
    return None


def what_is_compared(plan: Plan) -> str:
    """What a contrast is, and which of them may be called effects."""
    words = (
        f"Each number is the change from baseline in an arm minus the change in the reference arm "
        f"{plan.reference}."
    )
    effects = [one for one in plan.comparisons if one.claim is Claim.EFFECT]
    if not effects:
        return (
            f"{words} In this study it was not chance that decided between these arms (no phase of both is "
            "marked as randomised), so this is a difference in change, not an effect."
        )
    named = f"{words} People were randomised to {_arms(effects)}, so the difference is an effect"
    others = [one for one in plan.comparisons if one.claim is not Claim.EFFECT]
    if not others:
        return f"{named}, also in the phases after the randomised one."
    return f"{named}; elsewhere ({_pairs(others)}) it is a difference in change."


def adjusted_over(family: Family) -> str:
    """Over which tests p values were adjusted."""
    return f"p adjusted by Benjamini-Hochberg over {family.name}, whichever of them are shown."


def left_out(reports: Iterable[Report]) -> list[str]:
    """What reports leave out because the scale changed: a sentence for each set of versions and outcomes."""
    found: dict[tuple[int | None, tuple[str, ...]], list[str]] = {}
    for one in reports:
        if one.left_out:
            found.setdefault((one.left_out.checkins, one.left_out.versions), []).append(one.outcome)
    return [_left_out(checkins, versions, names) for (checkins, versions), names in found.items()]


def _left_out(checkins: int | None, versions: tuple[str, ...], outcomes: list[str]) -> str:
    count = "Check-ins" if checkins is None else f"{checkins} check-in{'' if checkins == 1 else 's'}"
    return (
        f"{count} of {' and '.join(versions)} left out of {', '.join(outcomes)}: asked there with other "
        "items or on another scale than in the newest version."
    )


def _arms(of: list[Comparison]) -> str:
    names = dict.fromkeys(one.arm.id for one in of)
    return f"{', '.join(names)} or {of[0].reference.id}"


def _pairs(of: list[Comparison]) -> str:
    return "; ".join(dict.fromkeys(f"{one.arm.id} in {one.kind}" for one in of))
