"""How far the answers of two phases overlap, for one participant (Parker & Vannest 2009; Parker et al. 2011).

Published variants of Tau-U differ by a third on the same data, so each has its own name here.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord

FAMILY = "Overlap of phases"

NAP = Indicator(
    id="nap",
    title="Non-overlap of all pairs",
    family=FAMILY,
    formula="(pairs with b > a + ½ ties) / (n_A n_B), a in phase A, b in phase B",
    unit="share of pairs",
    range="0 to 1",
    source="Parker & Vannest 2009",
    minimum=5,
    minimum_day=5,
    counted="answers in each phase",
    edge_cases="Undefined: `no_baseline` without phase A, `too_few`, `zero_variance` if all answers of "
    "both phases are the same. `n_pairs` is the denominator.",
    interpretation="0.5 means no difference. It shows a change, not an effect: people often join at their "
    "worst.",
    per_scale=True,
    by_checkin=True,
)
TAU_AB = replace(
    NAP,
    id="tau_AB",
    title="Tau, phase A against B",
    formula="S_AB / (n_A n_B), S_AB = pairs with b > a − pairs with b < a",
    unit="Kendall's S as a share of pairs",
    range="−1 to 1",
    source="Parker, Vannest, Davis & Sauber 2011",
    interpretation="2 NAP − 1: above 0 if phase B is higher.",
)
TAU_TREND = replace(
    TAU_AB,
    id="tau_trendA",
    title="Tau, trend within phase A",
    formula="S_A / (n_A (n_A − 1) / 2), S_A = rises − falls over all pairs of answers in phase A",
    interpretation="Above 0 if answers were already rising before the intervention.",
)
TAU_U_PARKER = replace(
    TAU_AB,
    id="tau_u_parker",
    title="Tau-U (variant of Parker et al. 2011)",
    formula="(S_AB − S_A) / (n_A n_B)",
    range="can exceed ±1",
    interpretation="Tau, corrected for the trend in phase A.",
)
TAU_U_COMPLETE = replace(
    TAU_U_PARKER,
    id="tau_u_complete_a",
    title="Tau-U (variant with the full denominator of tau-a)",
    formula="(S_AB − S_A) / (n_A n_B + n_A (n_A − 1)/2)",
    range="−1 to 1",
    source="Parker, Vannest, Davis & Sauber 2011, as variant “complete” of the R package scan",
)


@dataclass(frozen=True)
class Overlap:
    """Every measure of overlap of two phases."""

    nap: Result
    tau_ab: Result
    tau_trend: Result
    tau_u_parker: Result
    tau_u_complete: Result


def overlap(one: Sequence[float], other: Sequence[float], minimum: int) -> Overlap:
    """All pairs of answers, compared between the phases and within phase A.

    Args:
        one: Answers of phase A, in order of time.
        other: Answers of phase B.
        minimum: Number of answers in each phase below which all are undefined.
    """
    n, across, within = len(one) + len(other), len(one) * len(other), len(one) * (len(one) - 1) // 2
    reason = _refusal(one, other, minimum)
    if reason:
        why = undefined(n, reason, across)
        return Overlap(why, why, why, why, why)
    ranked = sorted(other)
    s_across = sum(_rises(a, ranked) for a in one)
    s_within, later = 0, list[float]()
    for a in reversed(one):
        s_within += _rises(a, later)
        insort(later, a)
    return Overlap(
        nap=Result((s_across + across) / (2 * across), n, across),
        tau_ab=Result(s_across / across, n, across),
        tau_trend=Result(s_within / within, len(one), within),
        tau_u_parker=Result((s_across - s_within) / across, n, across),
        tau_u_complete=Result((s_across - s_within) / (across + within), n, across + within),
    )


def _rises(before: float, ranked: Sequence[float]) -> int:
    """How many of the answers, which are in ascending order, are above one, minus how many are below it."""
    return len(ranked) - bisect_right(ranked, before) - bisect_left(ranked, before)


def _refusal(one: Sequence[float], other: Sequence[float], minimum: int) -> Undefined | None:
    if not one:
        return Undefined.NO_BASELINE if other else Undefined.NO_DATA
    if min(len(one), len(other)) < max(minimum, 2):
        return Undefined.TOO_FEW
    return Undefined.ZERO_VARIANCE if sums.constant([*one, *other]) else None


def over_record(record: WholeRecord) -> Iterator[Row]:
    """How far the answers of the baseline and of the compared phase overlap, scale by scale."""
    for scale in record.scales:
        one, other = (
            [found for checkin, found in record.scored(scale) if checkin.phase == phase]
            for phase in (record.layout.baseline, record.layout.compared)
        )
        found = overlap(one, other, NAP.minimum_whole)
        yield record.row(NAP, found.nap, scale)
        yield record.row(TAU_AB, found.tau_ab, scale)
        yield record.row(TAU_TREND, found.tau_trend, scale)
        yield record.row(TAU_U_PARKER, found.tau_u_parker, scale)
        yield record.row(TAU_U_COMPLETE, found.tau_u_complete, scale)
