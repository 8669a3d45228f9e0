"""The rows of the tables that hold the results of models: see `streams.store.rows`."""

from datetime import datetime
from typing import NamedTuple


class ModelTerm(NamedTuple):
    """The models' coefficients, as of the last nightly batch; `participant` is empty for a model over people.

    Of group inertia, `sd_lag` is the standard deviation of the slope `lag` between people, and `nickell_bias`
    how far `lag` is expected to be from the true slope because it is centred on means of few answers:
    -(1 + lag)/(T - 1), with T the mean number of pairs of a person (Nickell 1981). It is not corrected for.
    """

    study: str
    measure: str
    model: str
    participant: str
    term: str
    estimate: float | None
    se: float | None
    low: float | None
    high: float | None
    p: float | None
    people: int | None
    rows: int | None
    reason: str | None
    caution: str | None
    computed_at: datetime


class CompositeReliability(NamedTuple):
    """How reliable measures of several items are, as of the last nightly batch.

    `coefficient` is as in docs/indicators.md; `n` counts the check-ins with an answer to every item,
    `incomplete` those that lack one. `checkins` is `prompted` for coefficients that need times which people
    share, else `both`.
    """

    study: str
    measure: str
    coefficient: str
    checkins: str
    items: int
    value: float | None
    people: int | None
    n: int | None
    incomplete: int | None
    reason: str | None
    computed_at: datetime


class ProximalEffect(NamedTuple):
    """What supportive texts do to the next check-in's score, as of the last nightly batch.

    A decision's outcome is the first score within `hours`, and before the next decision. Of all `decisions`,
    `available` were drawn, with a probability from `lowest_probability` to `highest_probability`; `treated`
    of them brought a text, and `without_outcome` had no check-in in time. `n` and `people` are what is
    left, on which the estimate rests.
    """

    study: str
    measure: str
    hours: int
    estimate: float | None
    se: float | None
    low: float | None
    high: float | None
    p: float | None
    people: int | None
    n: int | None
    decisions: int | None
    available: int | None
    treated: int | None
    without_outcome: int | None
    lowest_probability: float | None
    highest_probability: float | None
    reason: str | None
    computed_at: datetime
