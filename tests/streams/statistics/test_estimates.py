"""Intervals over people."""

import numpy as np
import pytest

from streams.statistics.estimates import people_mean


def test_fewer_than_five_people_give_nothing() -> None:
    assert people_mean(np.array([1.0, 2, 3, 4])).mean is None


def test_the_interval_is_that_of_the_normal_theory_for_many_people() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = people_mean(values)
    half = 1.96 * values.std(ddof=1) / 20
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.04)
    assert found.high == pytest.approx(values.mean() + half, abs=0.04)


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(2)
    found = [people_mean(draw.normal(0, 1, 30)) for _ in range(200)]
    covered = [one.low is not None and one.high is not None and one.low <= 0 <= one.high for one in found]
    assert 0.88 <= np.mean(covered) <= 0.99
