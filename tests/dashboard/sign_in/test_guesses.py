"""How guessing is slowed, and that nobody is kept out for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.sign_in.guesses import Counted, Guesses, Key, counted_for
from tests.examples import examples

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HERE = counted_for("ann", "192.0.2.0/24", None)


def wrong(guesses: Guesses, keys: tuple[Key, ...], times: int, at: datetime = NOW) -> None:
    for _ in range(times):
        guesses.count(keys, at)


def test_the_waits_double_up_to_a_quarter_of_an_hour() -> None:
    guesses, at, waits = Guesses(), NOW, []
    wrong(guesses, HERE, 4)
    assert guesses.seconds_to_wait(HERE, at) == 0
    for _ in range(8):
        guesses.count(HERE, at)
        waits.append(guesses.seconds_to_wait(HERE, at))
        at += timedelta(seconds=waits[-1])
        assert guesses.seconds_to_wait(HERE, at) == 0
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_guesses_from_many_networks_slow_the_name_everywhere_but_not_on_a_browser_that_is_known() -> None:
    guesses = Guesses()
    for network in range(20):
        wrong(guesses, counted_for("ann", f"198.51.{network}.0/24", None), 1)
    assert guesses.seconds_to_wait(HERE, NOW) == 30
    assert guesses.seconds_to_wait(counted_for("ann", "192.0.2.0/24", "her browser"), NOW) == 0
    assert guesses.seconds_to_wait(counted_for("bert", "192.0.2.0/24", None), NOW) == 0


def test_a_browser_that_is_known_is_slowed_by_its_own_wrong_passwords() -> None:
    guesses, stolen = Guesses(), counted_for("ann", "192.0.2.0/24", "her browser")
    wrong(guesses, stolen, 5)
    assert guesses.seconds_to_wait(stolen, NOW) == 30
    assert guesses.seconds_to_wait(HERE, NOW) == 0


def test_one_network_that_tries_many_names_waits_a_minute_at_most() -> None:
    guesses = Guesses()
    for number in range(200):
        wrong(guesses, counted_for(f"name-{number}", "192.0.2.0/24", None), 1)
    assert guesses.seconds_to_wait(counted_for("ann", "192.0.2.0/24", None), NOW) == 60
    assert guesses.seconds_to_wait(counted_for("ann", "198.51.100.0/24", None), NOW) == 0


def test_the_right_password_forgives_the_name_from_there_only() -> None:
    guesses = Guesses()
    wrong(guesses, HERE, 4)
    guesses.count(HERE, NOW)
    guesses.take_back(HERE)
    wrong(guesses, HERE, 4)
    assert guesses.seconds_to_wait(HERE, NOW) == 0
    everywhere = {Counted.NAME: 8, Counted.NETWORK: 8}
    for kind, count in everywhere.items():
        for _ in range(kind.value.free - count):
            guesses.count([key for key in HERE if key[0] is kind], NOW)
        assert guesses.seconds_to_wait(HERE, NOW) > 0, kind
        guesses.take_back([key for key in HERE if key[0] is kind])


def test_a_day_later_all_is_forgotten() -> None:
    guesses = Guesses()
    wrong(guesses, HERE, 30)
    later = NOW + timedelta(hours=24)
    assert guesses.seconds_to_wait(HERE, later) == 0
    wrong(guesses, HERE, 4, later)
    assert guesses.seconds_to_wait(HERE, later) == 0


def test_a_flood_of_names_takes_no_more_memory() -> None:
    guesses = Guesses()
    for number in range(10_050):
        guesses.count(counted_for(f"name-{number}", f"network-{number}", None), NOW)
    assert {len(table) for kind, table in guesses._wrong.items() if kind is not Counted.DEVICE} == {10_000}


@examples(50)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 3600)), max_size=60))
def test_no_order_of_tries_makes_anybody_wait_longer_than_a_quarter_of_an_hour(
    tries: list[tuple[int, float]],
) -> None:
    guesses, at = Guesses(), NOW
    for network, pause in tries:
        keys = counted_for("ann", str(network), None)
        if not guesses.seconds_to_wait(keys, at):
            guesses.count(keys, at)
        assert 0 <= guesses.seconds_to_wait(keys, at) <= 900
        at += timedelta(seconds=pause)
