"""Reliability of composites: the published example, known omegas, gaps, and reasons instead of NaN."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.statistics.factor import omega, spearman_brown
from streams.statistics.reliability import CheckIn, Coefficient, Reliability, reliability
from streams.statistics.result import Reason
from streams.statistics.variance_components import variance_components
from tests.examples import examples

# Shrout & Lane 2012, as in psych's `mlr` (Revelle): five people by four times by three items.
ITEMS = (
    (2, 3, 6, 3, 7, 3, 5, 6, 3, 8, 4, 4, 7, 5, 6, 1, 5, 8, 8, 6),
    (3, 4, 6, 4, 8, 3, 7, 7, 5, 8, 2, 6, 8, 6, 7, 3, 9, 9, 7, 8),
    (6, 4, 5, 3, 7, 4, 7, 8, 9, 9, 5, 7, 9, 7, 8, 4, 7, 9, 9, 6),
)
SHROUT = [
    CheckIn(f"p{row % 5}", row // 5, tuple(map(float, answers)))
    for row, answers in enumerate(zip(*ITEMS, strict=True))
]
PUBLISHED = {"rkf": 0.97, "r1r": 0.60, "rkr": 0.85, "rc": 0.74, "rkrn": 0.85, "rcn": 0.65}

Loadings = npt.NDArray[np.float64]
WITHIN = (np.array([1.0, 0.8, 0.6, 0.9]), np.array([0.5, 0.6, 0.7, 0.4]))
BETWEEN = (np.array([1.2, 0.9, 0.8, 1.0]), np.array([0.4, 0.3, 0.5, 0.3]))


def by_name(found: Sequence[Reliability]) -> dict[str, Reliability]:
    return {one.coefficient.value: one for one in found}


def simulated(people: int, times: int, items: int = 4, answered: float = 0.7, seed: int = 1) -> list[CheckIn]:
    """Check-ins of a two-level factor model, with prompts missed at random."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        level = BETWEEN[0] * rng.normal() + rng.normal(size=4) * np.sqrt(BETWEEN[1])
        for time in range(times):
            now = level + WITHIN[0] * rng.normal() + rng.normal(size=4) * np.sqrt(WITHIN[1])
            if rng.random() < answered:
                rows.append(CheckIn(f"p{person}", time, tuple(map(float, now[:items] + 5))))
    return rows


def true_omega(loadings: Loadings, unique: Loadings) -> float:
    return float(loadings.sum() ** 2 / (loadings.sum() ** 2 + unique.sum()))


def test_the_published_example() -> None:
    found = by_name(reliability(SHROUT, 3))
    assert {name: round(found[name].value or 0, 2) for name in PUBLISHED} == PUBLISHED
    assert {(found[name].people, found[name].checkins) for name in PUBLISHED} == {(5, 20)}
    assert found["omega_within"].reason is Reason.TOO_FEW


def test_balanced_components_are_those_of_the_analysis_of_variance() -> None:
    answers = np.array([one.answers for one in SHROUT])
    people, times = np.arange(20) % 5, np.arange(20) // 5
    table = answers.mean(axis=1).reshape(4, 5)
    grand, by_person, by_time = table.mean(), table.mean(axis=0), table.mean(axis=1)
    rest = ((table - by_person - by_time[:, None] + grand) ** 2).sum() / 12
    found = variance_components(answers.mean(axis=1, keepdims=True), people, times)
    assert found.rest == pytest.approx(rest, rel=1e-5)
    assert found.person == pytest.approx((4 * by_person.var(ddof=1) - rest) / 4, rel=1e-5)
    assert found.time == pytest.approx((5 * by_time.var(ddof=1) - rest) / 5, rel=1e-5)


def test_known_omegas_are_recovered_with_gaps() -> None:
    found = by_name(reliability(simulated(400, 30), 4))
    assert found["omega_within"].value == pytest.approx(true_omega(*WITHIN), abs=0.01)
    assert found["omega_between"].value == pytest.approx(true_omega(*BETWEEN), abs=0.03)
    assert found["omega_within"].checkins < 400 * 30


def test_omega_of_a_covariance_of_one_factor_is_exact() -> None:
    for loadings, unique in (WITHIN, BETWEEN):
        exact = omega(np.outer(loadings, loadings) + np.diag(unique))
        assert exact == pytest.approx(true_omega(loadings, unique), rel=1e-6)


def test_with_gaps_reliability_of_change_is_that_without() -> None:
    whole, gaps = (by_name(reliability(simulated(150, 40, answered=share), 4)) for share in (1.0, 0.5))
    for name in ("rkf", "rc", "rcn"):
        assert gaps[name].value == pytest.approx(whole[name].value, abs=0.02)
    assert gaps["rkrn"].checkins < whole["rkrn"].checkins == 6000


def test_a_scale_can_tell_people_apart_and_changes_not() -> None:
    rng = np.random.default_rng(2)
    rows = [
        CheckIn(f"p{person}", time, tuple(map(float, level + rng.normal(size=3) + 0.1 * rng.normal())))
        for person, level in enumerate(rng.normal(5, 2, 60))
        for time in range(30)
    ]
    found = by_name(reliability(rows, 3))
    assert (found["rkf"].value or 0) > 0.95
    assert found["rc"].value is None or found["rc"].value < 0.2


def test_two_items_have_a_spearman_brown() -> None:
    found = by_name(reliability(simulated(300, 20, items=2), 2))
    assert not {"omega_within", "omega_between"} & set(found)
    r = 0.8 / math.sqrt(1.5 * 1.24)
    assert found["spearman_brown_within"].value == pytest.approx(2 * r / (1 + r), abs=0.02)
    assert spearman_brown(np.array([[1.0, -0.2], [-0.2, 1.0]])) is Reason.NEGATIVE_VARIANCE
    assert spearman_brown(np.array([[1.0, 0.0], [0.0, 0.0]])) is Reason.ZERO_VARIANCE


def test_reasons() -> None:
    def reasons(rows: Sequence[CheckIn], items: int) -> set[Reason | None]:
        return {one.reason for one in reliability(rows, items)}

    assert reasons([], 3) == {Reason.NO_DATA}
    assert reasons([CheckIn("p", 1, (1.0, 2.0))], 2) == {Reason.NO_DATA}
    assert reasons(simulated(3, 10), 4) == {Reason.TOO_FEW}
    assert reasons([CheckIn(one.participant, one.time, one.answers[:1]) for one in SHROUT], 1) == {
        Reason.TOO_FEW_ITEMS
    }
    same = [CheckIn(f"p{person}", time, (4.0, 4.0, 4.0)) for person in range(30) for time in range(5)]
    assert reasons(same, 3) == {Reason.ZERO_VARIANCE}
    alone = [CheckIn(one.participant, None, one.answers) for one in SHROUT]
    found = by_name(reliability(alone, 3))
    assert found["rkf"].reason is Reason.NO_DATA
    assert found["rcn"].value == pytest.approx(0.65, abs=0.005)
    with pytest.raises(ValueError, match="every item"):
        reliability(SHROUT, 2)
    with pytest.raises(ValueError, match="not a number"):
        reliability([CheckIn("p", 1, (1.0, math.nan))], 2)


def test_a_factor_that_leaves_less_than_nothing_is_no_omega() -> None:
    heywood = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, 0.5], [0.9, 0.5, 1.0]])
    assert omega(heywood) is Reason.NEGATIVE_VARIANCE
    assert omega(np.diag([1.0, 1.0, -0.1])) is Reason.NEGATIVE_VARIANCE
    assert omega(np.diag([1.0, 1.0, 0.0])) is Reason.ZERO_VARIANCE


ANSWER = st.integers(0, 4)
ROWS = st.lists(
    st.tuples(st.integers(0, 25), st.one_of(st.none(), st.integers(0, 5)), st.tuples(ANSWER, ANSWER, ANSWER)),
    max_size=120,
)


@examples(40)
@given(ROWS)
def test_a_share_or_a_reason_whatever_the_answers(
    rows: list[tuple[int, int | None, tuple[int, ...]]],
) -> None:
    checkins = [CheckIn(f"p{who}", time, tuple(map(float, answers))) for who, time, answers in rows]
    found = reliability(checkins, 3)
    assert [one.coefficient for one in found] == list(Coefficient)[:8]
    for one in found:
        assert (one.value is None) == (one.reason is not None)
        assert one.value is None or 0 <= one.value <= 1
    again = reliability(checkins[::-1], 3)
    assert [one.reason for one in again] == [one.reason for one in found]
