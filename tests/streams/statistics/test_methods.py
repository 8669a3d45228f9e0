"""The edges of the group statistics: too few, no variance, and what they say then."""

import math
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.statistics.catalogue import METHODS
from streams.statistics.change import change
from streams.statistics.claims import Claim, claim
from streams.statistics.family import Family, benjamini_hochberg
from streams.statistics.interrupted import interrupted
from streams.statistics.means import IntervalMethod, mean, people_mean
from streams.statistics.meta import Pooling, pool
from streams.statistics.mixed import Pair, inertia, phase_by_arm
from streams.statistics.randomised import Decision, cluster_ols, wcls
from streams.statistics.result import Reason, finite
from streams.statistics.rows import Row

TWENTY = [float(value) for value in range(20)]
TIMES = [float(value) for value in range(40)]


def test_each_method_is_in_the_catalogue_once_and_whole() -> None:
    assert len({method.id for method in METHODS}) == len(METHODS)
    assert all(all(vars(method).values()) for method in METHODS)


@pytest.mark.slow
def test_the_worker_does_not_load_scipy() -> None:
    imported = "import sys, streams.worker.app, streams.statistics"
    code = f"{imported}; print({{'scipy'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_an_effect_needs_randomisation() -> None:
    assert claim(randomised=False) is Claim.DIFFERENCE
    assert claim(randomised=True) is Claim.EFFECT


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        finite([1.0, math.nan])


FIVE = [3.97, 4.1, 4.3, 5.13, 5.52]


class TestPeopleMean:
    def test_without_skewness_it_is_the_interval_of_students_t(self) -> None:
        found = people_mean(TWENTY)
        reach = 2.0930 * float(np.std(TWENTY, ddof=1)) / math.sqrt(20)
        assert (found.value, found.n, found.method, found.reason) == (
            9.5, 20, IntervalMethod.SKEWNESS_ADJUSTED_T, None,
        )  # fmt: skip
        assert found.interval is not None
        ends = (found.interval.low, found.interval.high)
        assert ends == pytest.approx((9.5 - reach, 9.5 + reach), abs=1e-3)

    def test_it_reaches_further_to_the_side_of_the_long_tail(self) -> None:
        found = people_mean(FIVE)
        assert found.value == pytest.approx(4.604)
        assert found.interval is not None
        assert found.interval.high - 4.604 > 4.604 - found.interval.low > 0

    @given(st.lists(st.integers(0, 100), min_size=2, max_size=40), st.integers(-50, 50), st.integers(1, 9))
    def test_it_moves_and_stretches_with_the_values(self, values: list[int], shift: int, factor: int) -> None:
        one = people_mean([float(value) for value in values]).interval
        other = people_mean([float(shift + factor * value) for value in values]).interval
        if one is None or other is None:
            assert one is other is None
            return
        assert one.low < mean([float(value) for value in values]) < one.high
        assert (other.low, other.high) == pytest.approx((shift + factor * one.low, shift + factor * one.high))

    @pytest.mark.parametrize("people", [5, 8, 20, 30])
    @pytest.mark.parametrize("skewed", [False, True])
    def test_it_covers_the_truth_as_often_as_it_says(self, people: int, skewed: bool) -> None:
        """The percentile bootstrap covers 79 % of five people with exponential values, and 91 % of twenty."""
        draw = np.random.default_rng(2)
        samples = draw.exponential(1, (600, people)) - 1 if skewed else draw.normal(0, 1, (600, people))
        found = [people_mean(sample.tolist()).interval for sample in samples]
        covered = np.mean([one is not None and one.low <= 0 <= one.high for one in found])
        assert 0.91 <= covered <= 0.98

    def test_too_few_or_all_alike(self) -> None:
        assert people_mean([2.0]).reason is Reason.TOO_FEW
        assert people_mean([]).reason is Reason.NO_DATA
        assert people_mean([2.0, 2.0]).reason is Reason.ZERO_VARIANCE


class TestChange:
    def test_too_few_in_one_phase(self) -> None:
        assert change([1.0] * 4, TWENTY).reason is Reason.TOO_FEW
        assert change([], []).reason is Reason.NO_DATA

    def test_a_person_without_variance_has_a_difference_but_no_error(self) -> None:
        found = change([1.1] * 7, [3.1] * 7)
        assert found.difference == pytest.approx(2.0)
        assert (found.se, found.p, found.reason) == (None, None, Reason.ZERO_VARIANCE)

    def test_variance_in_one_phase_is_enough(self) -> None:
        assert change([1.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]).df == pytest.approx(4)

    def test_the_family_is_what_was_declared(self) -> None:
        family = Family("two", ("a", "b", "c"))
        assert benjamini_hochberg(family, {"a": 0.02, "b": None, "c": 0.03}) == {
            "a": 0.03,
            "b": None,
            "c": 0.03,
        }
        with pytest.raises(ValueError, match="declared"):
            benjamini_hochberg(family, {"a": 0.02})
        with pytest.raises(ValueError, match="0-1"):
            benjamini_hochberg(family, {"a": 1.02, "b": None, "c": None})

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
    def test_adjusting_never_lowers_and_keeps_the_order(self, values: list[float]) -> None:
        names = tuple(map(str, range(len(values))))
        found = benjamini_hochberg(Family("all", names), dict(zip(names, values, strict=True)))
        pairs = sorted((p, found[name] or 0.0) for name, p in zip(names, values, strict=True))
        assert all(p <= q <= 1 for p, q in pairs)
        assert [q for _, q in pairs] == sorted(q for _, q in pairs)


class TestMeta:
    def test_too_few_people(self) -> None:
        assert pool([1.0] * 4, [1.0] * 4).reason is Reason.TOO_FEW
        assert pool([], []).reason is Reason.NO_DATA

    def test_effects_all_alike(self) -> None:
        found = pool([1.0] * 5, [0.5] * 5)
        assert (found.estimate, found.tau2, found.i2) == (1.0, 0.0, 0.0)
        assert (found.se, found.interval, found.reason) == (None, None, Reason.ZERO_VARIANCE)
        assert pool([1.0] * 5, [0.5] * 5, Pooling.REML).se == pytest.approx(0.5 / math.sqrt(5))

    def test_an_error_of_nought_is_refused(self) -> None:
        with pytest.raises(ValueError, match="above 0"):
            pool([1.0] * 5, [0.0] * 5)

    @given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 3)), min_size=5, max_size=15))
    def test_no_other_tau2_is_likelier(self, people: list[tuple[float, float]]) -> None:
        y, se = map(np.asarray, zip(*people, strict=True))
        found = pool(y.tolist(), se.tolist(), Pooling.REML)
        assert found.tau2 is not None

        def deviance(tau2: float) -> float:
            w = 1 / (se**2 + tau2)
            return float(-np.log(w).sum() + np.log(w.sum()) + (w * (y - w @ y / w.sum()) ** 2).sum())

        others = [deviance(tau2) for tau2 in np.geomspace(1e-6, 100, 300)]
        assert deviance(found.tau2) <= min(others) + 1e-6

    def test_equal_errors_have_a_closed_answer(self) -> None:
        values = [1.0, 2.0, 4.0, 7.0, 11.0]
        found = pool(values, [0.5] * 5)
        assert found.tau2 == pytest.approx(np.var(values, ddof=1) - 0.25)
        assert found.se == pytest.approx(np.std(values, ddof=1) / math.sqrt(5))


def autocorrelated(draw: np.random.Generator, times: list[float], phi: float) -> list[float]:
    """AR(1) noise of variance 1 at those times, phi being the correlation over one unit of time."""
    noise = [float(draw.normal())]
    for gap in np.diff(times):
        kept = phi**gap
        noise.append(float(kept * noise[-1] + math.sqrt(1 - kept**2) * draw.normal()))
    return noise


class TestInterrupted:
    def test_fifteen_on_each_side(self) -> None:
        noise = np.random.default_rng(1).normal(size=40).tolist()
        assert interrupted(noise[:14], noise[14:], TIMES).reason is Reason.TOO_FEW
        assert interrupted([], [], []).reason is Reason.NO_DATA
        assert interrupted(noise[:15], noise[15:], TIMES).reason is None

    def test_independent_errors_are_least_squares(self) -> None:
        draw = np.random.default_rng(5)
        y = draw.normal(size=40)
        times = np.cumsum(draw.integers(1, 4, 40)).astype(float)
        late = np.arange(40) >= 18
        x = np.column_stack([np.ones(40), times, late, np.where(late, times - times[17], 0)])
        expected = np.linalg.lstsq(x, y)[0]
        found = interrupted(y[:18].tolist(), y[18:].tolist(), times.tolist(), autocorrelations=[0.0])
        assert [term.estimate for term in found.terms] == pytest.approx(expected.tolist())
        variance = float(((y - x @ expected) ** 2).sum()) / 36
        errors = np.sqrt(variance * np.diag(np.linalg.inv(x.T @ x)) * 36 / 34)
        assert [term.se for term in found.terms] == pytest.approx(errors.tolist())

    def test_a_known_autocorrelation_is_generalised_least_squares(self) -> None:
        draw = np.random.default_rng(5)
        y = draw.normal(size=40)
        times = np.cumsum(draw.uniform(0.2, 2, 40))
        late = np.arange(40) >= 18
        x = np.column_stack([np.ones(40), times, late, np.where(late, times - times[17], 0)])
        usual = float(np.median(np.diff(times)))
        inverse = np.linalg.inv(0.6 ** (np.abs(times[:, None] - times) / usual))
        expected = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
        found = interrupted(y[:18].tolist(), y[18:].tolist(), times.tolist(), autocorrelations=[0.6])
        assert [term.estimate for term in found.terms] == pytest.approx(expected.tolist())

    def test_the_order_of_the_observations_does_not_matter(self) -> None:
        noise = np.random.default_rng(3).normal(size=40).tolist()
        found = interrupted(noise[:20], noise[20:], TIMES)
        turned = interrupted(noise[:20][::-1], noise[20:], [*TIMES[:20][::-1], *TIMES[20:]])
        assert [term.estimate for term in turned.terms] == pytest.approx([t.estimate for t in found.terms])

    def test_it_covers_the_truth_as_often_as_it_says(self) -> None:
        """Newey-West errors cover 68 to 92 % of such series."""
        draw, hits = np.random.default_rng(4), []
        for _ in range(200):
            noise = autocorrelated(draw, TIMES, 0.6)
            found = interrupted(noise[:18], noise[18:], TIMES)
            assert found.step is not None
            assert found.bend is not None
            hits += [term.interval.low <= 0 <= term.interval.high for term in (found.step, found.bend)]
        assert 0.92 <= np.mean(hits) <= 0.99

    def test_more_missed_prompts_make_no_bend(self) -> None:
        """By the number of the answer, a steady trend would bend where answers become rarer."""
        draw, bends = np.random.default_rng(6), 0
        for _ in range(60):
            times = [float(t) for t in range(80) if t < 40 or draw.random() < 0.4]
            values = [0.1 * t + float(draw.normal()) for t in times]
            found = interrupted(values[:40], values[40:], times)
            bends += found.bend is not None and (found.bend.p or 1) < 0.05
        assert bends <= 6

    @pytest.mark.parametrize(
        ("before", "after", "reason"),
        [
            ([1.0, 2.0, 3.0], [1.0], Reason.RANK_DEFICIENT),
            ([1.0, 2.0], [1.0, 3.0], Reason.TOO_FEW),
            ([3.0] * 9, [3.0] * 9, Reason.ZERO_VARIANCE),
            ([], [1.0] * 9, Reason.TOO_FEW),
        ],
    )
    def test_what_cannot_be_fitted_says_so(
        self, before: list[float], after: list[float], reason: Reason
    ) -> None:
        times = [float(place) for place in range(len(before) + len(after))]
        found = interrupted(before, after, times, minimum=1)
        assert (found.terms, found.reason) == ((), reason)

    @given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 30)), min_size=2, max_size=30), st.data())
    def test_whatever_comes_has_a_finite_result_or_a_reason(
        self, points: list[tuple[int, int]], data: st.DataObject
    ) -> None:
        cut = data.draw(st.integers(0, len(points)))
        values = [float(value) for value, _ in points]
        found = interrupted(values[:cut], values[cut:], [float(at) for _, at in points], minimum=1)
        assert bool(found.terms) != bool(found.reason)
        for term in found.terms:
            assert term.interval.low < term.estimate < term.interval.high
            assert all(map(math.isfinite, (term.estimate, term.se, term.interval.low, term.interval.high)))

    def test_each_observation_needs_a_time(self) -> None:
        with pytest.raises(ValueError, match="needs a time"):
            interrupted([1.0, 2.0], [3.0, 4.0], [1, 2, 3])


def study(people: int, seed: int = 1, spread: float = 1.0) -> list[Row]:
    draw = np.random.default_rng(seed)
    rows = []
    for k in range(2 * people):
        own, slope = draw.normal(5, spread), draw.normal(0, spread / 2)
        for day in range(28):
            late = day >= 14
            value = own + late * (slope + (k % 2)) + draw.normal()
            rows.append(
                Row(f"p{k:02}", "cbt" if k % 2 else "waitlist", "AB"[late], day + 1, float(value))
            )  # fmt: skip
    return rows


@pytest.mark.slow
class TestMixed:
    def test_a_difference_between_arms_is_found(self) -> None:
        found = phase_by_arm(study(12), "A", "B", "waitlist")
        effect = found.effect("phase:arm cbt")
        assert effect is not None
        assert effect.interval.low < 1 < effect.interval.high
        assert (found.people, found.rows, found.reason, found.caution) == (24, 672, None, None)
        assert found.effect("nothing") is None

    @pytest.mark.slow
    def test_people_who_do_not_differ_make_a_singular_fit(self) -> None:
        found = phase_by_arm(study(10, seed=6, spread=0.0), "A", "B", "waitlist")
        assert found.caution is Reason.SINGULAR_FIT
        assert found.fixed

    def test_five_people_in_each_arm(self) -> None:
        assert phase_by_arm(study(4), "A", "B", "waitlist").reason is Reason.TOO_FEW
        rows = [row for row in study(5) if row.participant != "p01" or row.phase == "A"]
        assert phase_by_arm(rows, "A", "B", "waitlist").reason is Reason.TOO_FEW
        assert phase_by_arm([], "A", "B", "waitlist").reason is Reason.NO_DATA

    def test_data_without_noise_are_reported_not_raised(self) -> None:
        rows = [replace(row, value=3.0) for row in study(10)]
        assert phase_by_arm(rows, "A", "B", "waitlist").reason is Reason.ZERO_VARIANCE

    def test_people_who_never_vary_are_reported_not_raised(self) -> None:
        rows = [replace(row, value=float(int(row.participant[1:]))) for row in study(10)]
        assert phase_by_arm(rows, "A", "B", "waitlist").reason is Reason.ZERO_VARIANCE

    def test_the_restricted_likelihood_is_at_its_maximum(self) -> None:
        """On these data statsmodels' Nelder-Mead ends at a singular covariance, at -2 log L of -inf."""
        found = phase_by_arm(study(12), "A", "B", "waitlist", autocorrelated=False)
        assert found.deviance == pytest.approx(1980.05189, abs=1e-4)

    def test_autocorrelation_is_found_in_real_time(self) -> None:
        draw, rows = np.random.default_rng(8), []
        for k in range(40):
            times = sorted(float(t) for t in draw.uniform(0, 28, 60))
            noise = autocorrelated(draw, times, 0.2)
            rows += [
                Row(f"p{k:02}", ("waitlist", "cbt")[k % 2], "AB"[t >= 14], int(t) + 1, k / 10 + e, "", t)
                for t, e in zip(times, noise, strict=True)
            ]
        found = phase_by_arm(rows, "A", "B", "waitlist")
        gap = float(np.median([b - a for a, b in pairwise(times)]))
        assert found.autocorrelation == pytest.approx(0.2**gap, abs=0.1)
        assert found.df == 38

    def test_what_cannot_be_solved_is_reported_not_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise np.linalg.LinAlgError("singular")

        monkeypatch.setattr("streams.statistics.mixed._Profile.at", fail)
        found = phase_by_arm(study(10), "A", "B", "waitlist")
        assert (found.reason, found.fixed) == (Reason.NOT_CONVERGED, ())

    def test_the_reference_must_exist(self) -> None:
        with pytest.raises(ValueError, match="'none'"):
            phase_by_arm(study(10), "A", "B", "none")

    def test_pairs(self) -> None:
        assert inertia([]).reason is Reason.NO_DATA
        assert inertia([Pair("a", 0.0, 1.0)] * 19).reason is Reason.TOO_FEW
        assert inertia([Pair("a", 0.0, 1.0), Pair("b", 0.0, 2.0)] * 10).reason is Reason.RANK_DEFICIENT


def trial(people: int = 20, points: int = 30, effect: float = 0.5) -> list[Decision]:
    draw = np.random.default_rng(2)
    decisions = []
    for k in range(people):
        own = draw.normal()
        for _ in range(points):
            state, available, p = draw.normal(), draw.random() < 0.8, draw.choice([0.3, 0.6])
            treated = bool(available and draw.random() < p)
            outcome = own + state + effect * treated + draw.normal()
            decisions.append(Decision(f"p{k}", available, float(p), treated, (float(state),), float(outcome)))
    return decisions


class TestRandomised:
    def test_a_known_effect_is_found(self) -> None:
        found = wcls(trial(), ["state"])
        assert found.effect is not None
        assert found.effect.interval.low < 0.5 < found.effect.interval.high
        assert (found.people, found.df, found.reason) == (20, 17, None)
        assert found.effect.se > found.uncorrected[-1]

    def test_without_chance_there_is_no_effect(self) -> None:
        always = [replace(d, probability=1.0, treated=True) for d in trial()]
        assert wcls(always, ["state"]).reason is Reason.NOT_RANDOMISED
        never = [replace(d, treated=False) for d in trial()]
        assert wcls(never, ["state"]).reason is Reason.RANK_DEFICIENT

    def test_too_few_people_and_nobody_available(self) -> None:
        assert wcls(trial(people=9), ["state"]).reason is Reason.TOO_FEW
        away = [replace(d, available=False) for d in trial()]
        assert wcls(away, ["state"]).reason is Reason.NO_DATA

    def test_what_makes_no_sense_is_refused(self) -> None:
        with pytest.raises(ValueError, match="control"):
            wcls(trial(), [])
        with pytest.raises(ValueError, match="reference"):
            wcls(trial(), ["state"], reference=1.0)

    def test_clusters(self) -> None:
        names = [f"p{k % 20}" for k in range(60)]
        values = [float(k % 7) for k in range(60)]
        assert cluster_ols(values, {"x": values[::-1]}, names).df == 19
        assert cluster_ols(values, {"x": [2.0] * 60}, names).reason is Reason.RANK_DEFICIENT
        assert cluster_ols(values, {}, ["p"] * 60).reason is Reason.TOO_FEW_CLUSTERS
        assert cluster_ols([], {}, []).reason is Reason.NO_DATA
        with pytest.raises(ValueError, match="same length"):
            cluster_ols(values, {"x": [1.0]}, names)
