"""What went wrong elsewhere with weeks, clocks, journeys, reminders and repetition: see docs/lessons.md."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.events import DayPlanned, PromptRequested, PromptSent
from schemas.study import Study
from streams.scheduling.decide import decide
from streams.scheduling.local_time import instant_of, local_date
from streams.scheduling.participant_state import ParticipantState
from streams.scheduling.plan import plan
from tests.streams.scheduling.test_plan import a_day, local, with_prompts
from tests.streams.scheduling.world import START, STUDY, World, days, scheduled

MONDAY = date(2026, 9, 28)
NOON_ON_MONDAYS = {"kind": "fixed", "times": ["12:00"], "channel": "web", "weekdays": ["mon"]}
AWAKE = {"begin": "05:00", "end": "05:01"}


def joining(study: Study, on: date, zone: str, **more: Any) -> World:
    at = instant_of(on, "00:30", zone)
    assert at is not None
    return World(study, at=at, zone=zone, start_date=on, **more)


def local_times(world: World) -> list[datetime]:
    return [one.occurred_at.astimezone(ZoneInfo(world.zone)) for one in world.asked]


@pytest.mark.parametrize(
    "zone",
    ["Pacific/Kiritimati", "Pacific/Auckland", "Europe/Brussels", "America/New_York", "Pacific/Honolulu"],
)
def test_a_weekly_prompt_comes_every_week_on_the_persons_own_weekday(zone: str) -> None:
    world = joining(scheduled(prompts=[NOON_ON_MONDAYS]), MONDAY, zone, restarts=True)
    world.leap(world.at + days(60))
    assert [one.date() for one in local_times(world)] == [MONDAY + days(7 * week) for week in range(8)]
    assert {one.strftime("%a %H:%M") for one in local_times(world)} == {"Mon 12:00"}


def test_a_week_that_an_outage_took_is_not_made_up_for_and_the_next_one_comes() -> None:
    world = joining(scheduled(prompts=[NOON_ON_MONDAYS]), MONDAY, "Europe/Brussels")
    world.leap(world.at + days(6))
    world.at += days(5)  # away on the second Monday
    world.leap(world.at + days(14))
    assert [one.date() for one in local_times(world)] == [MONDAY + days(7 * week) for week in (0, 2, 3)]
    assert world.outcomes.count("discarded:too_late") == 1


@pytest.mark.parametrize(
    ("on", "zone", "wall"),
    [
        (date(2026, 10, 25), "Europe/Brussels", "02:30"),
        (date(2027, 3, 28), "Europe/Brussels", "03:30"),
        (date(2026, 11, 1), "America/New_York", "02:30"),
        (date(2027, 3, 14), "America/New_York", "03:30"),
    ],
)
def test_a_time_that_the_clocks_skip_or_repeat_is_asked_once(on: date, zone: str, wall: str) -> None:
    rule = {"kind": "fixed", "times": ["02:30"], "channel": "sms"}
    world = joining(scheduled(prompts=[rule], quiet=AWAKE), on - days(1), zone)
    world.until(world.at + days(3), timedelta(minutes=2))
    times = local_times(world)
    assert [one.date() for one in times] == [on + days(number) for number in (-1, 0, 1)]
    assert [f"{one:%H:%M}" for one in times] == ["02:30", wall, "02:30"]


@pytest.mark.parametrize("on", [date(2027, 3, 28), date(2027, 10, 31), date(2027, 6, 1)])
def test_an_interval_keeps_to_the_wall_when_the_clocks_change(on: date) -> None:
    every = {"kind": "interval", "every_minutes": 240, "channel": "sms"}
    study = with_prompts(every, wake="00:00", sleep="23:00")
    times = [local(one.scheduled_at, "Europe/Brussels") for one in plan(a_day(on), study, "s")]
    assert times == ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own clock is set to some other zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Europe/Brussels"])
def test_everybody_is_asked_on_their_own_clock_wherever_the_machine_is(zone: str) -> None:
    study = scheduled(prompts=[{"kind": "fixed", "times": ["09:00", "20:30"], "channel": "sms"}])
    world = joining(study, MONDAY, zone)
    world.leap(world.at + days(2))
    assert [f"{one:%d %H:%M}" for one in local_times(world)] == [
        "28 09:00", "28 20:30", "29 09:00", "29 20:30"
    ]  # fmt: skip


@pytest.mark.parametrize("minutes", [5, 45, 600])
def test_a_prompt_can_be_answered_as_long_as_the_study_says(minutes: int) -> None:
    rule = {"kind": "fixed", "times": ["10:00"], "channel": "web"}
    world = World(scheduled(prompts=[rule], expires_minutes=minutes, reminders_minutes=[]))
    world.leap(START + days(1))
    (sent,) = world.of(PromptSent)
    assert sent.expires_at - sent.scheduled_at == timedelta(minutes=minutes)
    assert world.outcomes == ["expired:"]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "random", "channels": ["web"]},
        {"kind": "fixed", "times": ["12:00"], "channel": "web"},
        {"kind": "interval", "every_minutes": 720, "channel": "sms"},
        {"kind": "relative", "phase": "baseline", "day": 1, "time": "12:00", "channel": "sms"},
    ],
    ids=lambda rule: str(rule["kind"]),
)
def test_each_kind_of_rule_asks_by_itself(rule: dict[str, object]) -> None:
    world = World(scheduled(prompts=[rule]))
    world.leap(START + days(0.9))
    assert len(world.of(PromptSent)) == 1


def test_each_reminder_has_a_time_of_its_own_counted_from_the_sending() -> None:
    world = World(scheduled(reminders_minutes=[20, 40], expires_minutes=60, grace_minutes=10))
    world.until(START + days(1), timedelta(minutes=1))
    sent = {one.event_id: one.occurred_at for one in world.of(PromptSent)}
    after = [
        (one.attempt, (one.occurred_at - sent[one.prompt_id]) // timedelta(minutes=1))
        for one in world.of(PromptRequested)
        if one.attempt
    ]
    assert Counter(after) == {(1, 20): 3, (2, 40): 3}


def test_a_later_prompt_ends_the_reminders_of_the_one_before() -> None:
    rule = {"kind": "fixed", "times": ["10:00", "10:30"], "channel": "sms"}
    world = World(scheduled(prompts=[rule], reminders_minutes=[20, 40], expires_minutes=90))
    world.until(START + days(0.5), timedelta(minutes=1))
    said = [(f"{one.occurred_at:%H:%M}", one.beep, one.attempt) for one in world.of(PromptRequested)]
    assert said == [
        ("08:00", 1, 0), ("08:20", 1, 1), ("08:30", 2, 0), ("08:50", 2, 1), ("09:10", 2, 2),
    ]  # fmt: skip


def test_looking_often_within_a_second_asks_once() -> None:
    world = World(sends=False)
    world.step()
    world.at = world.of(DayPlanned)[0].prompts[0].scheduled_at - timedelta(milliseconds=500)
    world.until(world.at + timedelta(seconds=2), timedelta(milliseconds=10))
    assert len(world.of(PromptRequested)) == 1


def test_two_planners_say_the_same_under_the_same_names() -> None:
    world = World()
    world.leap(START + days(2))
    for cut, event in enumerate(world.log):
        states = ParticipantState(), ParticipantState()
        for before in world.log[:cut]:
            for state in states:
                state.learn(before)
        one, other = (
            decide(state, STUDY, "secret", event.occurred_at + timedelta(milliseconds=late)).events
            for state, late in zip(states, (0, 900), strict=True)
        )
        assert [said.event_id for said in one] == [said.event_id for said in other]


def test_joining_again_asks_nothing_again() -> None:
    usual, again = World(), World()
    usual.leap(START + days(1))
    while again.at < START + days(1):
        again.until(again.at + timedelta(hours=1), timedelta(minutes=1))
        again.enrol()
    assert [one.prompt_id for one in again.asked] == [one.prompt_id for one in usual.asked]


def test_editing_the_study_right_after_a_prompt_asks_nothing_again() -> None:
    rule = {"kind": "fixed", "times": ["10:00", "15:00"], "channel": "web"}
    world, asked = World(scheduled(prompts=[rule])), 0
    while world.at < START + days(2):
        world.until(world.at + timedelta(minutes=2))
        if len(world.asked) > asked:
            asked = len(world.asked)
            world.study = world.study.model_copy(update={"version": world.study.version + 1})
            world.enrol()
    assert [f"{one:%d %H:%M}" for one in local_times(world)] == [
        "01 10:00", "01 15:00", "02 10:00", "02 15:00"
    ]  # fmt: skip


@pytest.mark.parametrize(("zone", "hour"), [("Pacific/Honolulu", 6), ("Pacific/Pago_Pago", 6)])
def test_who_travels_back_to_yesterday_is_asked_on_the_day_that_comes_again(zone: str, hour: int) -> None:
    world = World()
    world.until(datetime(2026, 6, 1, hour, 0, tzinfo=UTC))
    assert world.asked == []
    world.zone = zone
    world.enrol()
    assert local_date(world.at, zone) == date(2026, 5, 31)
    world.leap(START + days(1.5))  # early on the second day
    assert Counter(one.date() for one in local_times(world)) == {date(2026, 6, 1): 3}
    assert {9 <= one.hour < 21 for one in local_times(world)} == {True}


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "fixed", "times": ["00:45", "10:00", "23:00"], "channel": "sms"},
        {"kind": "random", "channels": ["sms"] * 6},
    ],
)
def test_a_prompt_after_midnight_carries_the_day_and_the_beep_that_were_planned(rule: dict[str, Any]) -> None:
    study = scheduled(prompts=[rule], wake="09:00", sleep="02:00", quiet=AWAKE)
    world = joining(study, MONDAY, "Europe/Brussels", restarts=True)
    world.leap(world.at + days(6))
    sent = world.of(PromptSent)
    woke = [(one.occurred_at.astimezone(ZoneInfo(world.zone)) - timedelta(hours=9)).date() for one in sent]
    assert [one.study_day for one in sent] == [(day - MONDAY).days + 1 for day in woke]
    by_day: dict[int, list[int]] = {}
    for one in sent:
        by_day.setdefault(one.study_day, []).append(one.beep)
    usual = list(range(1, len(by_day[1]) + 1))
    assert [by_day[day] for day in range(1, 6)] == [usual] * 5
    assert any(one.occurred_at.astimezone(ZoneInfo(world.zone)).hour < 2 for one in sent)
