"""Values worked out by hand or printed in a publication, and every reason for having none."""

from datetime import UTC, datetime, timedelta
from operator import neg, pos

import pytest

from schemas.events import Undefined
from streams.indicators.measures import (
    careless,
    change,
    compliance,
    control_charts,
    coping,
    differentiation,
    diurnal,
    diversity,
    early_warning,
    instability,
    level,
    overlap,
    run_length,
)
from streams.indicators.result import Result
from streams.indicators.whole_record import Row, WholeRecord
from streams.records.full_record import CheckIn, Prompt, Series
from streams.records.item_roles import CHECKINS


def reasons(*results: Result) -> list[Undefined | None]:
    assert all(result.value is None for result in results)
    return [result.reason for result in results]


def test_bob_of_parker_and_others() -> None:
    bob = overlap.overlap([2, 3, 5, 3], [4, 5, 5, 7, 6], 4)
    assert (bob.nap.value, bob.tau_ab.value) == (0.9, 0.8)
    assert (bob.tau_trend.value, bob.tau_u_parker.value, bob.tau_u_complete.value) == (0.5, 0.65, 0.5)
    assert (bob.nap.n, bob.nap.n_pairs, bob.tau_u_complete.n_pairs) == (9, 20, 26)


def test_overlap_says_why_there_is_none() -> None:
    found = [overlap.overlap(*phases, 5).nap for phases in (([], []), ([], [1] * 9), ([1] * 9, [1] * 4))]
    assert reasons(*found) == [Undefined.NO_DATA, Undefined.NO_BASELINE, Undefined.TOO_FEW]
    assert reasons(overlap.overlap([3.0] * 5, [3.0] * 5, 5).nap) == [Undefined.ZERO_VARIANCE]


def test_relative_sd_at_the_ends_of_the_scale() -> None:
    assert reasons(level.rel_sd([0.0] * 10, 0, 10, 10), level.rel_sd([10.0] * 10, 0, 10, 10)) == [
        Undefined.AT_BOUND,
        Undefined.AT_BOUND,
    ]
    assert level.rel_sd([0.0, 10.0] * 5, 0, 10, 10).value == pytest.approx(1)


def test_the_three_forms_of_mssd_differ_by_what_they_bridge() -> None:
    placed = [1.0, 3.0, None, 4.0, 8.0]
    assert instability.mssd([(1, 3), (4, 8)], 4, 1).value == (4 + 16) / 2
    assert instability.mssd_padded(placed, 2).value == pytest.approx((4 + 16) / 3)
    assert instability.mssd_all([1, 3, 4, 8], 2).value == pytest.approx((4 + 1 + 16) / 3)


def test_emotions_that_are_never_felt() -> None:
    assert reasons(diversity.emodiversity([(1.0, 1.0)] * 10, 1, 10)) == [Undefined.NO_EMOTION]
    assert diversity.emodiversity([(1.0, 4.0)] * 10, 1, 10).value == 0


def test_differentiation_says_why_there_is_none() -> None:
    against = [(1.0, 7.0, 4.0), (7.0, 1.0, 4.0), (4.0, 4.0, 5.0)] * 4
    assert reasons(
        differentiation.differentiation(against, 10, agreement=False),
        differentiation.differentiation([(1.0, 2.0)] * 10, 10, agreement=False),
        differentiation.differentiation([(1.0, 2.0, 3.0)] * 9, 10, agreement=False),
        differentiation.differentiation([(1.0, 2.0, 3.0)] * 10, 10, agreement=False),
        differentiation.differentiation([], 10, agreement=False),
    ) == [
        Undefined.NEGATIVE_ICC,
        Undefined.NOT_ASKED,
        Undefined.TOO_FEW,
        Undefined.ZERO_VARIANCE,
        Undefined.NO_DATA,
    ]


def test_shrout_and_fleiss_table_2() -> None:
    ratings = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
    found = {
        (agreement, averaged): differentiation.icc(ratings, agreement=agreement, averaged=averaged, minimum=2)
        for agreement in (True, False)
        for averaged in (True, False)
    }
    assert {key: round(one.value or 0, 2) for key, one in found.items()} == {
        (True, False): 0.29,
        (True, True): 0.62,
        (False, False): 0.71,
        (False, True): 0.91,
    }


def test_coping_by_hand() -> None:
    assert coping.switching([(("a",), ("b",)), ((), ()), (("a", "b"), ("a",))], 6, 2) == Result(
        (1 + 1 / 3) / 2, 6, 2
    )
    assert reasons(coping.switching([((), ())] * 20, 40, 10)) == [Undefined.TOO_FEW_PAIRS]
    assert coping.within_sd([("a",), ()], ("a", "b"), 2).value == pytest.approx(0.5**0.5 / 2)
    assert coping.between_sd([("a",), ()], ("a", "b"), 2).value == pytest.approx(0.5**0.5 / 2)
    assert reasons(coping.between_sd([("a",)] * 9, ("a",), 2)) == [Undefined.NOT_ASKED]
    assert reasons(coping.variety([], 10), coping.efficacy([(1, 5)], 4, 5)) == [
        Undefined.NO_COPING,
        Undefined.NO_STRESS,
    ]


def test_parts_of_the_day_against_the_days_mean() -> None:
    placed = [(day, part, score + day) for day in range(5) for part, score in ((1, 2.0), (2, 5.0), (3, 8.0))]
    assert {part: one.value for part, one in diurnal.bins(placed, 5).items()} == {1: -3, 2: 0, 3: 3}
    two = [one for one in placed if one[1] < 3]
    assert set(reasons(*diurnal.bins(two, 5).values())) == {Undefined.TOO_FEW}


def test_a_daily_curve_needs_hours_and_answers_that_differ() -> None:
    fits = diurnal.cosinor([(9.0, 1.0), (9.0, 2.0)] * 10, 15), diurnal.cosinor([(9.0, 1.0)] * 3, 15)
    two_hours = diurnal.cosinor([(9.0, 1.0), (15.0, 2.0)] * 10, 15)
    assert reasons(fits[0].mesor, fits[1].mesor, two_hours.mesor) == [
        Undefined.ZERO_VARIANCE,
        Undefined.TOO_FEW,
        Undefined.ZERO_VARIANCE,
    ]


def test_times_that_are_not_known() -> None:
    assert reasons(compliance.median_seconds([], 4), compliance.median_seconds([], 0)) == [
        Undefined.NO_TIMES,
        Undefined.NO_DATA,
    ]
    assert compliance.longest_gap([True, False, False, True, False]).value == 2
    assert compliance.longest_gap([True]).value == 0


def test_careless_flags() -> None:
    fast = careless.CheckIn((0.0, 50.0, 100.0), mixed=True, seconds=3.0)
    assert (careless.is_fast(fast), careless.is_flat(fast), careless.is_modal(fast)) == (True, False, False)
    flat = careless.CheckIn((50.0, 50.0, 55.0, 50.0), mixed=True, seconds=None)
    assert (careless.is_fast(flat), careless.is_flat(flat), careless.is_modal(flat)) == (None, True, True)
    calm = careless.CheckIn((0.0, 0.0, 0.0), mixed=False, seconds=9.0)
    assert (careless.is_fast(calm), careless.is_flat(calm), careless.is_modal(calm)) == (False, None, None)
    assert careless.share([True, None, False], Undefined.NO_TIMES, 1) == Result(0.5, 2)
    assert reasons(careless.share([None], Undefined.PART_MISSING, 1)) == [Undefined.PART_MISSING]


def test_change_that_cannot_be_judged() -> None:
    assert reasons(
        change.reliable_change(None, 3, 5, 0.8),
        change.reliable_change(3, None, 5, 0.8),
        change.reliable_change(3, 4, 0, 0.8),
        change.reliable_change(3, 4, 5, 1),
        change.clinical_cut(3, 0, 4, 0),
    ) == [Undefined.NO_BASELINE, Undefined.NO_DATA, *[Undefined.ZERO_VARIANCE] * 3]
    assert change.is_reliable(change.reliable_change(None, 3, 5, 0.8)) is None
    for wrong in ((-1, 0.5), (1, 1.5)):
        with pytest.raises(ValueError, match="reliability between 0 and 1"):
            change.reliable_change(1, 2, *wrong)
    with pytest.raises(ValueError, match="0 or more"):
        change.clinical_cut(1, -1, 2, 1)


def test_a_chart_signals_a_shift_and_counts_only_days_after_the_baseline() -> None:
    base = [5.0, 6.0, 4.0, 5.0, 5.0]
    days = [*base, *[8.0] * 5]
    drawn = control_charts.chart(days, base, 5)
    found = control_charts.signals(drawn, [False] * 5 + [True] * 5)
    assert (found.shewhart.value, found.cusum.value, found.ewma.value, found.ewma.n) == (5, 4, 4, 5)
    assert drawn.z[5].value == pytest.approx(3 / 0.5**0.5)


def test_a_chart_needs_a_baseline_that_varies() -> None:
    none, still = control_charts.chart([5.0] * 4, [5.0] * 4, 5), control_charts.chart([5.0] * 6, [5.0] * 5, 5)
    assert (
        reasons(none.centre, none.sd, none.ewma[0], control_charts.signals(none, [True] * 4).ewma)
        == [Undefined.NO_BASELINE] * 4
    )
    assert (still.sd.value, still.ewma[5].value) == (0, 5)
    assert (
        reasons(still.z[0], still.upper[0], control_charts.signals(still, [True] * 6).cusum)
        == [Undefined.ZERO_VARIANCE] * 3
    )


def test_early_warnings_of_a_still_series() -> None:
    still = early_warning.early_warnings([4.0] * 20, 10)
    assert reasons(still.ar1[0], still.kendall_sd) == [Undefined.ZERO_VARIANCE] * 2
    assert reasons(early_warning.early_warnings([1.0, 2.0] * 20, 100).kendall_ar1) == [Undefined.TOO_FEW]
    rising = early_warning.early_warnings([float(step) for step in range(20)], 10, detrend=True)
    assert rising.window == 10


def test_a_whole_record_has_early_warnings_from_100_answers_on() -> None:
    def found(answers: int) -> list[Row]:
        moods = [5.0 + (day * 37 % 11) / 4 + day / 50 for day in range(answers)]
        at = [datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=day) for day in range(answers)]
        prompts = [
            Prompt(str(day), day + 1, 1, at[day], CheckIn(day + 1, "A", at[day], answers={"valence": mood}))
            for day, mood in enumerate(moods)
        ]
        record = WholeRecord(Series.of("p", "arm", "UTC", prompts), CHECKINS)
        return list(early_warning.over_record(record))

    assert found(99) == []
    trends = {row.indicator: row for row in found(120)}
    assert set(trends) == {f"early_warnings/kendall_{name}" for name in ("ar1", "acf1", "sd")}
    moods = [5.0 + (day * 37 % 11) / 4 + day / 50 for day in range(120)]
    expected = early_warning.early_warnings(moods, 100, detrend=True).kendall_sd
    sd = trends["early_warnings/kendall_sd"]
    assert (sd.scale, sd.value, sd.n) == ("valence", expected.value, 120)


def test_run_lengths_refuse_what_is_no_chart() -> None:
    with pytest.raises(ValueError, match="smoothing"):
        run_length.ewma_arl(0, 3)
    with pytest.raises(ValueError, match="bound above 0"):
        run_length.cusum_arl(0.5, 0)


def test_acute_changes_up_and_down() -> None:
    pairs = [(5.0, 8.0), (8.0, 4.0), (4.0, 4.0), (0.1, 0.4), (9.0, 8.0)]
    assert instability.pac(pairs, 9, 3, abs, 5) == Result(0.4, 9, 5)
    assert instability.pac(pairs, 9, 3, pos, 5) == Result(0.2, 9, 5)
    assert instability.pac(pairs, 9, 3, neg, 5) == Result(0.2, 9, 5)
    assert instability.pac(pairs, 9, 0.3, pos, 5).value == 0.4, "0.4 − 0.1 is 0.3, whatever rounding says"
    assert reasons(instability.pac(pairs, 9, 3, abs, 6), instability.pac([], 0, 3, abs, 6)) == [
        Undefined.TOO_FEW_PAIRS,
        Undefined.NO_DATA,
    ]


def test_differentiation_by_agreement_counts_what_differs_for_good() -> None:
    """Three emotions that move as one, at levels that always lie 2 apart."""
    ratings = [(felt, felt + 2.0, felt + 4.0) for felt in [0.0, 1.0, 2.0, 1.0, 0.0] * 2]
    by_consistency = differentiation.differentiation(ratings, 10, agreement=False)
    by_agreement = differentiation.differentiation(ratings, 10, agreement=True)
    assert by_consistency.value == pytest.approx(0, abs=1e-12)
    assert by_agreement.value is not None
    assert by_agreement.value > 0.5
