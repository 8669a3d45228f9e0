"""The result of every indicator: a value with its n, or the reason why it is undefined."""

from dataclasses import dataclass, replace

from schemas.events import Undefined


@dataclass(frozen=True)
class Result:
    """An indicator's outcome.

    Attributes:
        value: The value, or None with a `reason`.
        n: Number of answers used (for compliance: of prompts).
        n_pairs: Number of pairs used; None for an indicator that does not use pairs.
        reason: Why there is no value; None if there is one.
    """

    value: float | None
    n: int
    n_pairs: int | None = None
    reason: Undefined | None = None


NOT_ASKED = Result(None, 0, None, Undefined.NOT_ASKED)
"""The result where the study never asks what the indicator needs."""


def undefined(n: int, reason: Undefined, n_pairs: int | None = None) -> Result:
    """No value, for a reason; instead of too few answers or pairs, `no_data` if there is no answer at all."""
    few = reason in (Undefined.TOO_FEW, Undefined.TOO_FEW_PAIRS)
    return Result(None, n, n_pairs, Undefined.NO_DATA if few and not n else reason)


def explained(result: Result, *, answered: bool, several: bool) -> Result:
    """A result with a reason that tells no data from a part that is missing.

    Args:
        result: The result.
        answered: Whether anything that it is computed from was answered. If not, there are no data, whatever
            the formula made of that.
        several: Whether it needs answers to several items at once. If so, and some were answered, but never
            all of them, a part is missing.
    """
    if result.reason is None:
        return result
    if not answered:
        return replace(result, reason=Undefined.NO_DATA)
    if several and result.reason is Undefined.NO_DATA:
        return replace(result, reason=Undefined.PART_MISSING)
    return result
