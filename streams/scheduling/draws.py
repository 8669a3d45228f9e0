"""Reproducible randomness: every draw is derived from a secret and from its purpose."""

import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

_TRIES = 1000


def drawer(secret: str, *what: str) -> Random:
    """A generator that yields the same numbers whenever it is created for the same purpose.

    Use only its `random()`, the one method that is stable across Python versions.

    Args:
        secret: Keeps anybody from predicting the times.
        what: The purpose, such as participant, date and version of the study.
    """
    seed = hmac.new(secret.encode(), "\x1f".join(what).encode(), hashlib.sha256).digest()
    return Random(int.from_bytes(seed, "big"))  # noqa: S311 - for sampling, seeded by an HMAC


def random_times(
    draw: Random, start: datetime, end: datetime, count: int, gap: timedelta
) -> tuple[list[datetime], bool]:
    """One time in each of `count` equal blocks of `[start, end)`, at least `gap` apart.

    Uniform within each block. If any gap is too short, all times are drawn again, so that no block is skewed
    by its neighbour. If the gap does not fit, the times are the middles of the blocks.

    Returns:
        The times, ascending and to the second, and whether they are random.
    """
    block = (end - start) / count
    for _ in range(_TRIES):
        times = [start + block * (place + draw.random()) for place in range(count)]
        times = [time.replace(microsecond=0) for time in times]
        if all(later - earlier >= gap for earlier, later in pairwise(times)):
            return times, True
    return [(start + block * (place + 0.5)).replace(microsecond=0) for place in range(count)], False
