"""Laws that hold for any answers: order, shift, scale, bounds."""

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.indicators.full_record import indicators_of
from streams.indicators.measures import (
    change,
    control_charts,
    coping,
    differentiation,
    diurnal,
    diversity,
    early_warning,
    inertia,
    instability,
    level,
    overlap,
)
from streams.indicators.result import Result
from streams.records.full_record import CheckIn, Prompt, Series
from streams.records.item_roles import Layout, Scale
from tests.examples import examples

ANSWER = st.integers(0, 10).map(float)
SCORES = st.lists(ANSWER, min_size=2, max_size=60)
PAIRS = st.lists(st.tuples(ANSWER, ANSWER), min_size=2, max_size=60)
SEVEN = st.integers(1, 7).map(float)
RATINGS = st.lists(st.tuples(SEVEN, SEVEN, SEVEN), min_size=3, max_size=40)
USES = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=60)
SHIFT = st.integers(-50, 50).map(float)
FACTOR = st.sampled_from([0.25, 0.5, 2.0, 4.0, 10.0])


def value(result: Result) -> float:
    assert result.value is not None
    assert math.isfinite(result.value)
    return result.value


def close(number: float) -> object:
    return pytest.approx(number, rel=1e-9, abs=1e-9)


@given(SCORES, st.randoms(use_true_random=False))
def test_level_does_not_depend_on_order_to_the_last_bit(scores: list[float], draw: random.Random) -> None:
    mixed = draw.sample(scores, len(scores))
    assert level.mean(mixed, 1) == level.mean(scores, 1)
    assert level.sd(mixed, 2) == level.sd(scores, 2)
    assert level.rel_sd(mixed, 0, 10, 2) == level.rel_sd(scores, 0, 10, 2)


@given(PAIRS, st.randoms(use_true_random=False))
def test_pairs_may_come_in_any_order(pairs: list[tuple[float, float]], draw: random.Random) -> None:
    mixed = draw.sample(pairs, len(pairs))
    n = len(pairs)
    assert instability.mssd(mixed, n, 1) == instability.mssd(pairs, n, 1)
    assert instability.pac(mixed, n, 3, abs, 1) == instability.pac(pairs, n, 3, abs, 1)
    assert inertia.slope(mixed, n, 2) == inertia.slope(pairs, n, 2)
    assert inertia.correlation(mixed, n, 2) == inertia.correlation(pairs, n, 2)


@given(SCORES, SHIFT, FACTOR)
def test_mean_moves_and_sd_stretches(scores: list[float], shift: float, factor: float) -> None:
    moved = [factor * score + shift for score in scores]
    assert value(level.mean(moved, 1)) == close(factor * value(level.mean(scores, 1)) + shift)
    assert value(level.sd(moved, 2)) == close(factor * value(level.sd(scores, 2)))


@given(SCORES, SHIFT, FACTOR)
def test_relative_sd_keeps_its_value_on_another_scale(
    scores: list[float], shift: float, factor: float
) -> None:
    before = level.rel_sd(scores, 0, 10, 2)
    moved = [factor * score + shift for score in scores]
    after = level.rel_sd(moved, shift, 10 * factor + shift, 2)
    assume(before.value is not None and after.value is not None)
    assert 0 <= value(before) <= 1 + 1e-9
    assert value(after) == close(value(before))


@given(PAIRS, SHIFT, FACTOR)
def test_instability_ignores_the_level(pairs: list[tuple[float, float]], shift: float, factor: float) -> None:
    moved = [(factor * a + shift, factor * b + shift) for a, b in pairs]
    n = len(pairs)
    assert value(instability.mssd(moved, n, 1)) == close(factor**2 * value(instability.mssd(pairs, n, 1)))
    assert value(instability.rmssd(pairs, n, 1)) == math.sqrt(value(instability.mssd(pairs, n, 1)))


@given(PAIRS, SHIFT, FACTOR)
def test_inertia_ignores_level_and_unit(
    pairs: list[tuple[float, float]], shift: float, factor: float
) -> None:
    before = inertia.correlation(pairs, len(pairs), 2)
    assume(before.value is not None)
    moved = [(factor * a + shift, factor * b + shift) for a, b in pairs]
    assert -1 <= value(before) <= 1
    assert value(inertia.correlation(moved, len(pairs), 2)) == close(value(before))
    assert value(inertia.slope(moved, len(pairs), 2)) == close(value(inertia.slope(pairs, len(pairs), 2)))


def simulated_bias(rng: np.random.Generator, phi: float, days: int, beeps: int) -> tuple[float, float]:
    """Mean error of the slope over simulated people, and the mean bias that is stated, in slope units."""
    errors, stated = [], []
    for _ in range(1500):
        pairs = []
        for _ in range(days):
            series = [rng.normal() / math.sqrt(1 - phi**2)]
            for shock in rng.normal(size=beeps - 1):
                series.append(phi * series[-1] + shock)
            pairs += list(pairwise(series))
        errors.append(value(inertia.slope(pairs, days * beeps, 20)) - phi)
        stated.append(value(inertia.slope_bias(pairs, days * beeps, 20)))
    return math.fsum(errors) / len(errors), math.fsum(stated) / len(stated)


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.4])
def test_the_stated_bias_of_inertia_is_that_of_an_unbroken_run(phi: float) -> None:
    rng = np.random.default_rng(1954)
    found, stated = simulated_bias(rng, phi, days=1, beeps=40)
    assert found == pytest.approx(-(1 + 3 * phi) / 39, abs=0.012), "n counts pairs, and the sign is minus"
    assert stated == pytest.approx(found, abs=0.012)
    broken, stated = simulated_bias(rng, phi, days=14, beeps=5)
    assert 0.4 < broken / stated < 1, "nights leave only a part of it"


@given(PAIRS, st.sampled_from([0.25, 0.5, 2.0, 4.0, 8.0]))
def test_acute_changes_are_the_same_on_any_scale(pairs: list[tuple[float, float]], factor: float) -> None:
    def record(by: float) -> list[tuple[str, float | None]]:
        layout = Layout(
            scales={"mood": Scale("mood", ("mood",), 0.0, 10.0 * by, acute_change=2.5 * by)},
            ranges={"mood": (0.0, 10.0 * by)},
            main="mood",
            strategies=(),
            shown=("mood",),
        )
        made = [
            Prompt(f"{day}-{beep}", day, beep, BEGIN, CheckIn(day, "A", BEGIN, answers={"mood": by * one}))
            for day, pair in enumerate(pairs, 1)
            for beep, one in enumerate(pair, 1)
        ]
        rows = indicators_of(Series.of("p", "arm", "Europe/Brussels", made), layout)
        return [(row.indicator, row.value) for row in rows if row.indicator.startswith("pac_")]

    before = record(1.0)
    assert len(before) == 6
    assert record(factor) == before


@given(st.lists(st.tuples(ANSWER, st.integers(60, 90000).map(float)), min_size=1, max_size=40), FACTOR)
def test_adjusted_differences_ignore_the_unit_of_time(
    steps: list[tuple[float, float]], factor: float
) -> None:
    slower = [(step, factor * time) for step, time in steps]
    n = len(steps)
    assert value(instability.asd(slower, n, 1, 1)) == close(value(instability.asd(steps, n, 1, 1)))
    plain = math.fsum(abs(step) for step, _ in steps) / n
    assert value(instability.asd(steps, n, 0, 1)) == close(plain)


@given(RATINGS, SHIFT, FACTOR)
def test_intraclass_correlations(ratings: list[tuple[float, ...]], shift: float, factor: float) -> None:
    def icc(rows: list[tuple[float, ...]], *, agreement: bool) -> Result:
        return differentiation.icc(rows, agreement=agreement, averaged=True, minimum=2)

    before = icc(ratings, agreement=False)
    assume(before.value is not None)
    assert value(before) <= 1
    moved = [tuple(factor * rating + place * shift for place, rating in enumerate(row)) for row in ratings]
    assert value(icc(moved, agreement=False)) == close(value(before)), "consistency ignores items' levels"
    told_apart = differentiation.differentiation(ratings, 2, agreement=False)
    assert (told_apart.value is None) == (value(before) < 0)
    assert told_apart.value is None or 0 <= told_apart.value <= 1


@given(USES, st.randoms(use_true_random=False))
def test_diversity_is_bounded_and_blind_to_order_and_names(uses: list[str], draw: random.Random) -> None:
    kinds = len(set(uses))
    renamed = ["xyzuvw"["abcdef".index(use)] for use in draw.sample(uses, len(uses))]
    assert coping.shannon(renamed, 1) == coping.shannon(uses, 1)
    assert 0 <= value(coping.shannon(uses, 1)) <= math.log(kinds) + 1e-12
    assert 0 <= value(coping.simpson(uses, 1)) <= 1 - 1 / kinds + 1e-12
    assert value(coping.variety(uses, 1)) == kinds
    assert 0 <= value(coping.evenness(uses, 6, 1)) <= 1 + 1e-12


COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9), max_size=6)


@given(COUNTS, COUNTS)
def test_bray_curtis_is_symmetric_and_bounded(one: dict[str, int], other: dict[str, int]) -> None:
    found = diversity.bray_curtis(one, other)
    assert found == diversity.bray_curtis(other, one)
    assert (found is None) == (not any(one.values()) and not any(other.values()))
    assert found is None or 0 <= found <= 1
    assert diversity.bray_curtis(one, one) in (None, 0)


@given(SCORES, SCORES)
def test_overlap_mirrors(one: list[float], other: list[float]) -> None:
    found, mirrored = overlap.overlap(one, other, 2), overlap.overlap(other, one, 2)
    assume(found.nap.value is not None)
    assert value(found.nap) + value(mirrored.nap) == close(1)
    assert value(found.tau_ab) == close(2 * value(found.nap) - 1)
    assert -1 <= value(found.tau_trend) <= 1
    assert abs(value(found.tau_u_complete)) <= 1
    raised = overlap.overlap([x**3 for x in one], [x**3 for x in other], 2)
    assert raised == found, "only the order of the answers counts"


@given(SCORES, SHIFT, FACTOR)
def test_charts_are_the_same_in_any_unit(means: list[float], shift: float, factor: float) -> None:
    base = means[: max(2, len(means) // 2)]
    before = control_charts.chart(means, base, 2)
    moved = [factor * mean + shift for mean in means]
    after = control_charts.chart(moved, moved[: len(base)], 2)
    for one, other in zip(before.cusum_pos, after.cusum_pos, strict=True):
        assert (one.value is None) == (other.value is None)
        assert one.value is None or other.value == close(one.value)
    for low, level_, high in zip(before.lower, before.ewma, before.upper, strict=True):
        assert min(means) - 1e-9 <= value(level_) <= max(means) + 1e-9
        assert low.value is None or value(low) <= value(high)


@given(st.lists(ANSWER, min_size=6, max_size=60), SHIFT)
def test_early_warnings_ignore_the_level_and_stay_in_bounds(scores: list[float], shift: float) -> None:
    before = early_warning.early_warnings(scores, 6)
    after = early_warning.early_warnings([score + shift for score in scores], 6)
    assert [one.value is None for one in before.acf1] == [one.value is None for one in after.acf1]
    assert all(one.value is None or -1 <= one.value <= 1 for one in before.acf1)
    kendall = before.kendall_sd.value
    assert kendall is None or -1 <= kendall <= 1
    rest = early_warning.without_line(scores)
    assert math.fsum(rest) == close(0)
    assert math.fsum(place * one for place, one in enumerate(rest)) == pytest.approx(0, abs=1e-7)


@given(st.floats(0.5, 5), st.floats(0, 23.9), st.floats(-5, 5))
def test_a_cosine_is_found_again(amplitude: float, peak: float, middle: float) -> None:
    hours = [7 + 0.7 * step for step in range(22)]
    timed = [(h, middle + amplitude * math.cos(2 * math.pi * (h - peak) / 24)) for h in hours]
    fitted = diurnal.cosinor(timed, 15)
    assert value(fitted.mesor) == pytest.approx(middle, abs=1e-7)
    assert value(fitted.amplitude) == pytest.approx(amplitude, abs=1e-7)
    apart = abs(value(fitted.acrophase) - peak)
    assert min(apart, 24 - apart) < 1e-6
    assert 0 <= value(fitted.acrophase) < 24


@given(ANSWER, ANSWER, st.floats(0.1, 20), st.floats(0, 0.99))
def test_reliable_change_has_a_sign(pre: float, post: float, sd: float, reliability: float) -> None:
    forth = change.reliable_change(pre, post, sd, reliability)
    back = change.reliable_change(post, pre, sd, reliability)
    assert value(forth) == -value(back)
    assert math.copysign(1, value(forth)) == math.copysign(1, post - pre) or pre == post


@given(st.floats(-50, 50), st.floats(0.1, 20), st.floats(-50, 50), st.floats(0.1, 20))
def test_the_cut_lies_between_the_groups(m0: float, s0: float, m1: float, s1: float) -> None:
    cut = value(change.clinical_cut(m0, s0, m1, s1))
    assert min(m0, m1) - 1e-9 <= cut <= max(m0, m1) + 1e-9


BEGIN = datetime(2026, 3, 23, 8, tzinfo=UTC)


def prompts(draw: random.Random) -> list[Prompt]:
    made = []
    for day in range(1, 15):
        for beep in range(1, 6):
            at = BEGIN + timedelta(days=day - 1, hours=3 * (beep - 1), minutes=draw.randint(0, 59))
            answered = draw.random() < 0.8
            strategies = draw.sample(["creative", "problem_solving", "social_emotional"], draw.randint(0, 3))
            items = {"valence": draw.randint(0, 10), "stress": draw.randint(1, 7), "na1": draw.randint(1, 7)}
            items |= {name: draw.randint(1, 7) for name in ("coping_eff", "na2", "na3", "pa1", "pa2", "pa3")}
            made.append(
                Prompt(
                    f"{day}-{beep}",
                    day,
                    beep,
                    at,
                    CheckIn(
                        day=day,
                        phase="A" if day <= 6 else "B",
                        started=at,
                        submitted=at + timedelta(seconds=40),
                        answers={k: float(v) for k, v in items.items()},
                        coping=tuple(strategies),
                    )
                    if answered
                    else None,
                )
            )
    return made


@examples(15)
@given(st.integers(0, 10**6))
def test_a_whole_record_does_not_depend_on_the_order_of_its_prompts(seed: int) -> None:
    draw = random.Random(seed)
    made = prompts(draw)
    rows = indicators_of(Series.of("p", "arm", "Europe/Brussels", made))
    mixed = indicators_of(Series.of("p", "arm", "Europe/Brussels", draw.sample(made, len(made))))
    assert mixed == rows
    assert max(Counter((row.indicator, row.scale) for row in rows).values()) == 1
    assert all(row.value is None or math.isfinite(row.value) for row in rows)
