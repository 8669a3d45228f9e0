"""When people are asked: on their own wall clock, whatever the clock does."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Channel
from schemas.study import Adaptive, RandomTimes, Schedule, Study
from schemas.study.file import load_study
from streams.scheduling.draws import drawer, random_times
from streams.scheduling.local_time import instant_of, window_of
from streams.scheduling.plan import Day, plan
from tests.conftest import DEMO
from tests.examples import examples

STUDY = load_study(DEMO)
WHO = "p-0123456789abcdef"
ZONES = [
    "Europe/Brussels", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia",
    "America/St_Johns", "Africa/Casablanca",
]  # fmt: skip


def with_prompts(
    *rules: dict[str, object], wake: str = "09:00", sleep: str = "21:00", **more: object
) -> Study:
    plain = STUDY.schedule.model_dump() | {"wake": wake, "sleep": sleep, "prompts": list(rules)}
    return STUDY.model_copy(update={"schedule": Schedule.model_validate(plain)})


def a_day(on: date, zone: str = "Europe/Brussels", study_day: int = 1, arm: str = "cbt") -> Day:
    return Day(WHO, arm, zone, on, study_day)


def local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


@pytest.mark.parametrize(
    ("day", "time", "zone", "expected"),
    [
        (date(2027, 3, 28), "02:30", "Europe/Brussels", "2027-03-28T01:30:00+00:00"),  # skipped: 03:30 summer
        (date(2027, 10, 31), "02:30", "Europe/Brussels", "2027-10-31T00:30:00+00:00"),  # twice: the first
        (date(2027, 11, 7), "01:30", "America/New_York", "2027-11-07T05:30:00+00:00"),
        (date(2027, 3, 14), "02:30", "America/New_York", "2027-03-14T07:30:00+00:00"),
        (date(2027, 11, 7), "21:00", "America/New_York", "2027-11-08T02:00:00+00:00"),  # 9 pm stays 9 pm
    ],
)
def test_both_ways_of_a_clock_change(day: date, time: str, zone: str, expected: str) -> None:
    assert instant_of(day, time, zone) == datetime.fromisoformat(expected)


def test_samoa_has_no_thirtieth_of_december() -> None:
    assert instant_of(date(2011, 12, 30), "09:00", "Pacific/Apia") is None
    assert plan(a_day(date(2011, 12, 30), "Pacific/Apia"), STUDY, "s") == ()
    assert len(plan(a_day(date(2011, 12, 29), "Pacific/Apia"), STUDY, "s")) == 3
    # A night that spans the missing day ends on the morning after it.
    window = window_of(date(2011, 12, 29), "20:00", "06:00", "Pacific/Apia")
    assert window is not None
    assert window[1] - window[0] == timedelta(hours=10)


@examples(300)
@given(
    zone=st.sampled_from(ZONES),
    on=st.dates(date(2010, 1, 1), date(2030, 12, 31)),
    count=st.integers(1, 8),
    gap=st.integers(0, 60),
    night=st.booleans(),
)
def test_random_times_keep_window_blocks_and_gaps(
    zone: str, on: date, count: int, gap: int, night: bool
) -> None:
    wake, sleep = ("20:00", "07:30") if night else ("09:00", "21:00")
    rule: dict[str, object] = {"kind": "random", "channels": ["sms"] * count, "min_gap_minutes": gap}
    study = with_prompts(rule, wake=wake, sleep=sleep)
    prompts = plan(a_day(on, zone), study, "secret")
    window = window_of(on, wake, sleep, zone)
    if window is None:
        assert prompts == ()
        return
    times = [prompt.scheduled_at for prompt in prompts]
    assert len(times) == count
    block = (window[1] - window[0]) / count
    for place, at in enumerate(times):
        begin = window[0] + place * block
        assert begin - timedelta(seconds=1) <= at <= begin + block
    assert all(later - earlier >= timedelta(minutes=gap) for earlier, later in pairwise(times))
    assert plan(a_day(on, zone), study, "secret") == prompts


def test_times_differ_by_person_date_version_and_secret() -> None:
    day = a_day(date(2026, 6, 1))
    newer = STUDY.model_copy(update={"version": 9})
    plans = [
        plan(day, STUDY, "s"), plan(Day("p-fedcba9876543210", *list(vars(day).values())[1:]), STUDY, "s"),
        plan(a_day(date(2026, 6, 2)), STUDY, "s"), plan(day, newer, "s"), plan(day, STUDY, "t"),
    ]  # fmt: skip
    assert len({tuple(prompt.scheduled_at.time() for prompt in one) for one in plans}) == 5


def test_the_same_inputs_give_the_same_times_for_ever() -> None:
    study = STUDY.model_copy(update={"version": 2})  # draws depend on it
    times = [local(one.scheduled_at, "Europe/Brussels") for one in plan(a_day(date(2026, 6, 1)), study, "s")]
    assert times == ["09:12", "13:25", "18:03"]


def test_times_are_uniform_in_their_blocks() -> None:
    start = datetime(2026, 6, 1, 9, tzinfo=UTC)
    firsts = []
    for number in range(2000):
        times, by_chance = random_times(
            drawer("s", str(number)), start, start + timedelta(hours=12), 4, timedelta(minutes=60)
        )
        assert by_chance
        firsts.append((times[1] - start) / timedelta(hours=3) - 1)
    mean = sum(firsts) / len(firsts)
    assert abs(mean - 0.5) < 0.03
    quarters = [sum(low / 4 <= one < (low + 1) / 4 for one in firsts) for low in range(4)]
    assert min(quarters) > 400


def test_a_gap_without_room_gives_the_middles() -> None:
    start = datetime(2026, 6, 1, 9, tzinfo=UTC)
    times, by_chance = random_times(drawer("s"), start, start + timedelta(hours=2), 2, timedelta(hours=3))
    assert not by_chance
    assert times == [start + timedelta(minutes=30), start + timedelta(minutes=90)]


def test_fixed_interval_and_weekdays() -> None:
    fixed: dict[str, object] = {
        "kind": "fixed",
        "times": ["20:30", "08:15"],
        "channel": "web",
        "weekdays": ["mon", "wed"],
    }
    every = {"kind": "interval", "every_minutes": 240, "channel": "sms"}
    study = with_prompts(fixed, every)
    monday = plan(a_day(date(2026, 6, 1)), study, "s")
    found = [(local(p.scheduled_at, "Europe/Brussels"), p.rule, p.channel, p.beep) for p in monday]
    assert found == [
        ("08:15", "fixed", "web", 1), ("09:00", "interval", "sms", 2), ("13:00", "interval", "sms", 3),
        ("17:00", "interval", "sms", 4), ("20:30", "fixed", "web", 5),
    ]  # fmt: skip
    tuesday = plan(a_day(date(2026, 6, 2)), study, "s")
    assert [prompt.rule for prompt in tuesday] == ["interval"] * 3


def test_a_fixed_time_is_the_same_on_the_wall_all_year() -> None:
    study = with_prompts({"kind": "fixed", "times": ["21:00"], "channel": "sms"})
    for number in range(365):
        on = date(2027, 1, 1) + timedelta(days=number)
        (prompt,) = plan(a_day(on, "America/New_York"), study, "s")
        assert local(prompt.scheduled_at, "America/New_York") == "21:00"


def test_relative_to_the_phase_and_its_intervention() -> None:
    rule = {
        "kind": "relative", "phase": "intervention", "intervention": "relaxation", "day": 0, "time": "10:00",
        "channel": "sms",
    }  # fmt: skip
    study = with_prompts(rule)
    days = [
        n for n in range(1, 57) if plan(a_day(date(2026, 6, 1), study_day=n, arm="mindfulness"), study, "s")
    ]
    assert days == [14 + 14 + 4]  # the day before relaxation begins
    assert not any(plan(a_day(date(2026, 6, 1), study_day=n), study, "s") for n in range(1, 57))


def test_only_in_the_phases_named_and_only_during_the_study() -> None:
    rule: dict[str, object] = {"kind": "random", "channels": ["sms"], "phases": ["baseline", "follow-up"]}
    study = with_prompts(rule)
    days = [n for n in range(-3, 60) if plan(a_day(date(2026, 6, 1), study_day=n), study, "s")]
    assert days == [*range(1, 15), *range(43, 57)]


def test_an_event_rule_plans_nothing() -> None:
    assert plan(a_day(date(2026, 6, 1)), with_prompts({"kind": "event"}), "s") == ()


def test_the_number_a_day_follows_what_was_decided() -> None:
    rule = RandomTimes(channels=(Channel.SMS, Channel.WEB), adaptive=Adaptive(min_per_day=1, max_per_day=5))
    study = with_prompts(rule.model_dump())
    for count in (1, 2, 5):
        assert len(plan(a_day(date(2026, 6, 1)), study, "s", count)) == count


def test_two_rules_at_one_instant_ask_once() -> None:
    fixed: dict[str, object] = {"kind": "fixed", "times": ["10:00"], "channel": "web"}
    assert len(plan(a_day(date(2026, 6, 1)), with_prompts(fixed, fixed | {"channel": "sms"}), "s")) == 1


def test_a_fixed_time_after_midnight_ends_the_day_that_was_planned() -> None:
    fixed: dict[str, object] = {"kind": "fixed", "times": ["01:00", "10:00", "22:00"], "channel": "web"}
    around = {"kind": "relative", "phase": "baseline", "day": 1, "time": "00:15", "channel": "sms"}
    study = with_prompts(fixed, around, wake="09:00", sleep="02:00")
    found = plan(a_day(date(2026, 6, 1)), study, "s")
    zone = ZoneInfo("Europe/Brussels")
    assert [(one.beep, f"{one.scheduled_at.astimezone(zone):%d %H:%M}") for one in found] == [
        (1, "01 10:00"), (2, "01 22:00"), (3, "02 00:15"), (4, "02 01:00")
    ]  # fmt: skip
