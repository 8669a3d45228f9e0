"""The result of every indicator: a value with its n, or the reason why it is undefined."""

from collections.abc import Iterator
from dataclasses import dataclass

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


def undefined(n: int, reason: Undefined, n_pairs: int | None = None) -> Result:
    """No value, for a reason; with no answers at all, `no_data`."""
    return Result(None, n, n_pairs, reason if n else Undefined.NO_DATA)


Found = Iterator[tuple[str, Result]]
"""Results with the ids of their rows."""
