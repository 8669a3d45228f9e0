"""Chance that can be repeated: every draw follows from a secret and from what it is for."""

import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

_TRIES = 1000


def drawer(secret: str, *what: str) -> Random:
    """A generator whose numbers are the same whenever it is made for the same thing.

    Only its `random()` may be used: Python keeps that one the same in all its versions.

    Args:
        secret: Keeps anybody from working the times out beforehand.
        what: What is drawn for, such as participant, date and version of the study.
    """
    seed = hmac.new(secret.encode(), "\x1f".join(what).encode(), hashlib.sha256).digest()
    return Random(int.from_bytes(seed, "big"))  # noqa: S311 - for sampling, and seeded by an HMAC


def random_times(
    draw: Random, start: datetime, end: datetime, count: int, gap: timedelta
) -> tuple[list[datetime], bool]:
    """One time in each of `count` equal blocks of `[start, end)`, at least `gap` apart.

    Uniform in each block; a draw with a gap that is too short is thrown away whole, so that no block's times
    are skewed by its neighbour's. A gap for which there is no room gives the middles of the blocks.

    Returns:
        The times, to the second and ascending, and whether chance decided them.
    """
    block = (end - start) / count
    for _ in range(_TRIES):
        times = [start + block * (place + draw.random()) for place in range(count)]
        times = [time.replace(microsecond=0) for time in times]
        if all(later - earlier >= gap for earlier, later in pairwise(times)):
            return times, True
    return [(start + block * (place + 0.5)).replace(microsecond=0) for place in range(count)], False
