"""One person's change from baseline, and p values adjusted within a declared family."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.statistics.catalogue import CHANGE
from streams.statistics.result import Reason, finite, wald


@dataclass(frozen=True)
class Change:
    """One person's difference between two phases.

    Attributes:
        difference: Mean of the phase minus mean of the baseline, in scale points.
        se: Its standard error, in scale points.
        df: Welch-Satterthwaite degrees of freedom.
        p: Two-sided, 0-1.
        n_before, n_after: Number of answers in the baseline and in the phase.
        reason: Why a value is None.
    """

    difference: float | None
    se: float | None
    df: float | None
    p: float | None
    n_before: int
    n_after: int
    reason: Reason | None = None


@dataclass(frozen=True)
class Family:
    """Tests that are adjusted together, declared before looking at the data.

    Attributes:
        name: Name for readers.
        members: Id of each test.
    """

    name: str
    members: tuple[str, ...]


def change(before: Sequence[float], after: Sequence[float], minimum: int = CHANGE.minimum) -> Change:
    """Difference between phase means with Welch's standard error and p (Welch 1947).

    If both phases are constant, only the difference is returned: a standard error of 0 would claim
    certainty, and get infinite weight in a pooled change.

    Raises:
        ValueError: If an answer is not finite.
    """
    finite(before, after)
    n_before, n_after = len(before), len(after)
    if min(n_before, n_after) < max(minimum, 2):
        reason = Reason.TOO_FEW if n_before or n_after else Reason.NO_DATA
        return Change(None, None, None, None, n_before, n_after, reason)
    centre_before, part_before = _mean_and_error(before)
    centre_after, part_after = _mean_and_error(after)
    difference = centre_after - centre_before
    square = part_before + part_after
    if min(before) == max(before) and min(after) == max(after):
        return Change(difference, None, None, None, n_before, n_after, Reason.ZERO_VARIANCE)
    df = square**2 / (part_before**2 / (n_before - 1) + part_after**2 / (n_after - 1))
    se = math.sqrt(square)
    _, p = wald(difference, se, df)
    return Change(difference, se, df, p, n_before, n_after)


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    n = len(values)
    centre = math.fsum(values) / n
    return centre, math.fsum((value - centre) ** 2 for value in values) / (n - 1) / n


def benjamini_hochberg(family: Family, p: Mapping[str, float | None]) -> dict[str, float | None]:
    """Adjusted p of each test (Benjamini & Hochberg 1995), in the order of the family.

    Args:
        family: All tests.
        p: Each test's p, 0-1; None if the test could not be run. It stays None and does not count.

    Raises:
        ValueError: If `p` has different tests from the family, or a value outside 0-1.
    """
    if set(p) != set(family.members):
        raise ValueError(f"the given tests are not those declared in the family {family.name!r}")
    made = sorted((value, member) for member, value in p.items() if value is not None)
    if any(not 0 <= value <= 1 for value, _ in made):
        raise ValueError("a p value is outside 0-1")
    adjusted: dict[str, float | None] = dict.fromkeys(family.members)
    least = 1.0
    for rank in range(len(made), 0, -1):
        value, member = made[rank - 1]
        least = min(least, value * (len(made) / rank))
        adjusted[member] = least
    return adjusted
