"""Scoring an instrument: reverse keys, sums and means, missing items, cut-offs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.events import Undefined
from schemas.instrument import Instrument, ScoredScale


@dataclass(frozen=True)
class Score:
    """One score of a completed instrument.

    Attributes:
        scale: The scale's id in the manifest.
        value: The score, or None with a `reason`.
        n: Number of its items that were answered.
        says: The meaning of each cut-off that the score reaches.
        reason: Why there is no score; None if there is one.
    """

    scale: str
    value: float | None
    n: int
    says: tuple[str, ...] = ()
    reason: Undefined | None = None


def score(
    instrument: Instrument,
    answers: Mapping[int, int],
    tables: Mapping[str, Mapping[float, float]] | None = None,
) -> tuple[Score, ...]:
    """All scores, in the manifest's order.

    Args:
        instrument: The manifest.
        answers: Answers by item number, from 1; unanswered items are absent.
        tables: Conversion tables, raw score to score, by the id of the scale. They do not ship.

    Raises:
        ValueError: An answer is to an unknown item, or off the scale.
    """
    for item, answer in answers.items():
        low, high = (0, 1) if item == instrument.gate else (instrument.low, instrument.high)
        if not 1 <= item <= instrument.count:
            raise ValueError(f"{instrument.id} has no item {item}; it has 1 to {instrument.count}")
        if not low <= answer <= high:
            raise ValueError(f"{instrument.id}, item {item}: {answer} is not from {low} to {high}")
    found: dict[str, Score] = {}
    for scale in instrument.scales:
        found[scale.id] = (
            _difference(scale, found)
            if scale.minus
            else _scored(instrument, scale, answers, (tables or {}).get(scale.id))
        )
    return tuple(found.values())


def _scored(
    instrument: Instrument,
    scale: ScoredScale,
    answers: Mapping[int, int],
    table: Mapping[float, float] | None,
) -> Score:
    if instrument.gate is not None and answers.get(instrument.gate) == 0:
        return _judged(scale, 0.0, 0)
    turn = instrument.low + instrument.high
    given = [turn - answers[i] if i in scale.reverse else answers[i] for i in scale.items if i in answers]
    n, wanted = len(given), len(scale.items)
    if n < (scale.prorate_from or wanted):
        return Score(scale.id, None, n, (), Undefined.PART_MISSING if n else Undefined.NO_DATA)
    mean = math.fsum(given) / n
    value = (
        mean if scale.rule == "mean" else (mean * wanted if n < wanted else math.fsum(given)) * scale.times
    )
    if not scale.converted:
        return _judged(scale, value, n)
    if table is None or value not in table:
        return Score(scale.id, None, n, (), Undefined.NO_TABLE)
    return _judged(scale, table[value], n)


def _difference(scale: ScoredScale, found: Mapping[str, Score]) -> Score:
    one, other = (found[name] for name in scale.minus or ())
    n = one.n + other.n
    if one.value is None or other.value is None:
        return Score(scale.id, None, n, (), one.reason or other.reason)
    return _judged(scale, one.value - other.value, n)


def _judged(scale: ScoredScale, value: float, n: int) -> Score:
    return Score(scale.id, value, n, tuple(cut.says for cut in scale.cut_offs if cut.holds(value)))
