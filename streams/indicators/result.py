"""What every indicator gives: a value with its n, or the reason why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.events import Undefined


@dataclass(frozen=True)
class Result:
    """An indicator's outcome.

    Attributes:
        value: None exactly where there is a `reason`.
        n: How many answers (compliance: prompts) were used.
        n_pairs: How many pairs; None where the indicator uses none.
        reason: Why there is no value.
    """

    value: float | None
    n: int
    n_pairs: int | None = None
    reason: Undefined | None = None


def undefined(n: int, reason: Undefined, n_pairs: int | None = None) -> Result:
    """No value; `no_data` where there is nothing at all."""
    return Result(None, n, n_pairs, reason if n else Undefined.NO_DATA)


Found = Iterator[tuple[str, Result]]
"""Results with the ids of their rows."""
