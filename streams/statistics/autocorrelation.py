"""Continuous-time AR(1) errors: answers that are closer in time are more alike.

The correlation of two errors of one person is phi^(gap / usual gap) (Jones 1993), so a missed prompt makes a
gap longer, and answers at irregular times need no grid.
"""

import numpy as np

from streams.statistics.linear import Array

HIGHEST = 0.98
"""The largest autocorrelation considered: beyond it, a change cannot be told from a drift."""

_SHORTEST = 1e-3
"""The shortest gap, in usual gaps, since two answers at the same instant would be the same answer."""


def usual_gap(times: Array, starts: Array) -> float:
    """Median time between a person's successive answers.

    Args:
        times: Time of each answer in days, person by person, increasing within a person.
        starts: Whether an answer is the first of its person.

    Returns:
        Days; 1 if nobody has two answers.
    """
    gaps = np.diff(times)[~starts[1:].astype(bool)]
    return float(np.median(gaps)) if len(gaps) else 1.0


def spread_ties(times: Array, starts: Array) -> Array:
    """Times in which those of a person that are the same are spread evenly over the day after them.

    Observations of which only the study day is known have the same time.

    Args:
        times: Time of each answer in days, person by person, not decreasing within a person.
        starts: Whether an answer is the first of its person.
    """
    places = np.arange(len(times))
    new = starts | (np.diff(times, prepend=np.nan) != 0)
    group = np.cumsum(new) - 1
    sizes = np.bincount(group)
    return np.asarray(times + (places - places[new][group]) / sizes[group])


def decorrelate(columns: Array, gaps: Array, starts: Array, phis: Array) -> tuple[Array, Array]:
    """Transform columns so that AR(1) errors become independent with equal variance.

    Args:
        columns: Answers by columns, person by person in order of time.
        gaps: Time since the answer before, in usual gaps; the value at a person's first answer is ignored.
        starts: Whether an answer is the first of its person.
        phis: Autocorrelations, 0 to `HIGHEST`.

    Returns:
        The transformed columns for each autocorrelation, and the logarithm of the determinant of each
        correlation matrix.
    """
    lagged = np.where(starts, 0.0, phis[:, None] ** np.maximum(gaps, _SHORTEST))
    free = 1 - lagged**2
    before = np.vstack([np.zeros((1, columns.shape[1])), columns[:-1]])
    moved = (columns - lagged[:, :, None] * before) / np.sqrt(free)[:, :, None]
    return moved, np.log(free).sum(axis=1)
