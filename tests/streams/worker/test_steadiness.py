"""The worker is ready while it works, and stuck when it neither works nor gets anywhere."""

from streams.worker.steadiness import Steadiness, Watch

READY, ON_THE_WAY, STUCK = Steadiness


def test_a_worker_that_recovers_is_on_its_way_for_as_long_as_it_takes() -> None:
    watch = Watch()
    for offset in range(200):
        assert watch.look(working=False, progress=offset) is ON_THE_WAY
    assert watch.look(working=True, progress=None) is READY


def test_one_that_gets_nowhere_is_stuck_sooner_once_it_has_worked() -> None:
    watch = Watch()
    assert [watch.look(working=False, progress=1) for _ in range(61)] == [ON_THE_WAY] * 60 + [STUCK]
    watch.look(working=True, progress=1)
    # A rebalance begins, and the count with it.
    assert [watch.look(working=False, progress=2) for _ in range(9)] == [ON_THE_WAY] * 8 + [STUCK]
    watch.look(working=True, progress=2)
    assert watch.look(working=False, progress=2) is ON_THE_WAY


def test_progress_begins_the_count_anew() -> None:
    watch = Watch()
    watch.look(working=True, progress=0)
    for offset in range(5):
        assert {watch.look(working=False, progress=offset) for _ in range(8)} == {ON_THE_WAY}
