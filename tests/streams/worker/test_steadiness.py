"""The worker is ready while it works, and stuck when it neither works nor gets anywhere."""

from streams.worker.steadiness import Steadiness, Watch

READY, ON_THE_WAY, STUCK = Steadiness


def test_a_worker_that_recovers_is_on_its_way_for_as_long_as_it_takes() -> None:
    watch = Watch()
    for second in range(0, 600, 9):
        assert watch.look(working=False, progress=second, at=second) is ON_THE_WAY
    assert watch.look(working=True, progress=None, at=600) is READY


def test_one_that_gets_nowhere_is_stuck_sooner_once_it_has_worked() -> None:
    watch = Watch()
    assert watch.look(working=False, progress=1, at=0) is ON_THE_WAY
    assert watch.look(working=False, progress=1, at=119) is ON_THE_WAY
    assert watch.look(working=False, progress=1, at=121) is STUCK
    watch.look(working=True, progress=1, at=122)
    # A rebalance begins: the clock starts now, not at the last look of the one before.
    assert watch.look(working=False, progress=1, at=500) is ON_THE_WAY
    assert watch.look(working=False, progress=1, at=509) is ON_THE_WAY
    assert watch.look(working=False, progress=1, at=511) is STUCK
