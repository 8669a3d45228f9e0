"""What is due: never twice, never late, never at night, and the same after a restart at any step."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Channel
from schemas.events import (
    CheckInSubmitted,
    ConsentChanged,
    ConsentStatus,
    DayPlanned,
    Event,
    LanguageChosen,
    PauseChanged,
    PromptClosed,
    PromptRequested,
    PromptSent,
    ReplyRequested,
    SupportDecided,
)
from streams.scheduling.decide import decide
from streams.scheduling.local_time import local_date
from streams.scheduling.participant_state import ParticipantState
from tests.examples import examples
from tests.streams.scheduling.world import START, STEP, World, days, scheduled


def test_a_day_is_planned_asked_reminded_and_closed() -> None:
    world = World()
    world.until(START + days(1))
    assert len(world.asked) == 3
    assert [one.attempt for one in world.of(PromptRequested)].count(1) == 3
    assert world.outcomes == ["expired:"] * 3
    assert [one.date for one in world.of(DayPlanned)] == [date(2026, 6, 1), date(2026, 6, 2)]
    for one in world.asked:
        assert timedelta(0) <= one.occurred_at - one.scheduled_at < STEP
        assert one.language == "nl"


def test_who_has_answered_is_not_reminded() -> None:
    world = World(answers=lambda _: True)
    world.until(START + days(2))
    assert {one.attempt for one in world.of(PromptRequested)} == {0}
    assert world.outcomes == []


def test_a_text_without_a_prompts_name_answers_the_latest() -> None:
    world = World()
    while not world.asked:
        world.until(world.at + STEP)
    world.at += timedelta(minutes=2)
    world.say(CheckInSubmitted, "text", channel=Channel.SMS, language="nl", answers={"mood": 7})
    first = world.asked[0]
    world.until(first.expires_at + timedelta(minutes=10))
    assert [one.attempt for one in world.of(PromptRequested) if one.prompt_id == first.prompt_id] == [0]


def test_a_late_answer_does_not_keep_a_prompt_from_expiring() -> None:
    world = World()
    while not world.asked:
        world.until(world.at + STEP)
    first = world.asked[0]
    world.say(
        CheckInSubmitted,
        "late",
        channel=Channel.SMS,
        language="nl",
        late_for=first.prompt_id,
        answers={"mood": 7},
    )
    world.until(first.expires_at + timedelta(minutes=10))
    assert first.prompt_id in {one.prompt_id for one in world.of(PromptClosed)}


def test_after_an_outage_what_is_past_is_discarded() -> None:
    world = World()
    world.step()
    world.at = datetime(2026, 6, 4, 1, 0, tzinfo=UTC)  # 3 am, three days later
    world.step()
    assert world.asked == []
    assert world.outcomes == ["discarded:too_late"] * 9
    assert [one.date.day for one in world.of(DayPlanned)] == [1, 2, 3, 4]


def test_a_short_outage_within_the_grace_asks_late() -> None:
    world = World()
    world.step()
    due = world.of(DayPlanned)[0].prompts[0].scheduled_at
    world.at = due + timedelta(minutes=9)
    world.step()
    assert [one.scheduled_at for one in world.asked] == [due]


def test_nobody_is_asked_in_quiet_hours_even_if_the_plan_says_so() -> None:
    study = scheduled(prompts=[{"kind": "fixed", "times": ["22:00", "07:00", "12:00"], "channel": "sms"}])
    world = World(study)
    world.until(START + days(1))
    assert [one.scheduled_at.hour for one in world.asked] == [10]
    assert world.outcomes.count("discarded:quiet_hours") == 3


def test_stopping_pausing_and_going_on() -> None:
    world = World()
    world.step()
    world.at += timedelta(minutes=1)
    world.say(ConsentChanged, "stop", status=ConsentStatus.CONTACT_STOPPED, text_version="sms")
    world.until(START + days(1))
    assert world.outcomes == ["cancelled:no_consent"] * 3
    world.until(START + days(2))
    assert len(world.of(DayPlanned)) == 1
    world.say(ConsentChanged, "start", status=ConsentStatus.GRANTED, text_version="sms")
    world.until(START + days(3))
    assert world.asked
    before = len(world.asked)
    world.say(PauseChanged, "pause", paused=True, until=world.at + days(1), reason="asked")
    world.until(world.at + days(1) - timedelta(minutes=10))
    assert len(world.asked) == before
    assert "cancelled:paused" in world.outcomes
    world.until(world.at + days(1))
    assert len(world.asked) == before + 3


def test_days_without_consent_are_not_planned_afterwards() -> None:
    world = World()
    world.at += timedelta(minutes=1)
    world.say(ConsentChanged, "stop", status=ConsentStatus.CONTACT_STOPPED, text_version="sms")
    world.until(START + days(4))
    assert world.of(DayPlanned) == []
    world.say(ConsentChanged, "start", status=ConsentStatus.GRANTED, text_version="sms")
    world.until(world.at + days(1))
    assert [one.date.day for one in world.of(DayPlanned)] == [5, 6]
    assert not any(outcome.startswith("discarded") for outcome in world.outcomes)


def test_what_was_sent_is_not_discarded_when_its_request_has_left_the_topic() -> None:
    world = World(answers=lambda sent: sent.beep != 2)
    world.until(START + days(3))
    state = ParticipantState()
    for event in world.log:
        if not isinstance(event, PromptRequested):
            state.learn(event)
    for later in (timedelta(0), days(4)):
        again = decide(state, world.study, "secret", world.at + later).events
        assert not {one.prompt_id for one in again if isinstance(one, PromptClosed)} & {
            sent.event_id for sent in world.of(PromptSent)
        }  # fmt: skip


def test_a_pause_after_a_crisis_lasts_until_somebody_ends_it() -> None:
    world = World()
    world.say(PauseChanged, "crisis", paused=True, reason="crisis")
    world.until(START + days(3))
    assert world.asked == []
    world.say(PauseChanged, "reviewed", paused=False, reason="staff")
    world.until(START + days(4))
    assert len(world.asked) == 3


def test_a_chosen_language_is_used() -> None:
    world = World()
    world.at += timedelta(minutes=1)
    world.say(LanguageChosen, language="ar")
    world.until(START + days(1))
    assert {one.language for one in world.asked} == {"ar"}


def test_nothing_before_joining_and_nothing_after_the_end() -> None:
    world = World(at=datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
    world.until(world.at + days(1))
    assert all(one.scheduled_at >= datetime(2026, 6, 1, 12, 0, tzinfo=UTC) for one in world.asked)
    assert "discarded:too_late" not in world.outcomes
    world.at = START + days(56)
    world.until(world.at + days(3), timedelta(hours=1))
    assert max(one.study_day for one in world.of(DayPlanned)) == 56


def test_a_prompt_that_the_provider_never_took_is_failed() -> None:
    world = World(sends=False)
    world.until(START + days(1))
    assert world.outcomes == ["failed:not_sent"] * 3
    assert {one.attempt for one in world.of(PromptRequested)} == {0}


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("Asia/Tokyo", 11), ("America/New_York", 11), ("Pacific/Honolulu", 13), ("Asia/Kathmandu", 8)],
)
def test_after_a_journey_only_unsent_prompts_move_and_there_are_no_more_of_them(zone: str, hour: int) -> None:
    world = World()
    world.until(datetime(2026, 6, 1, hour, 0, tzinfo=UTC))
    before = len(world.asked)
    world.zone = zone
    world.enrol()
    world.until(world.at + days(1.5))
    mine = [one for one in world.asked if one.zone == zone]
    for one in mine:
        local = one.occurred_at.astimezone(ZoneInfo(zone))
        assert 9 <= local.hour < 21
    by_day: dict[date, int] = {}
    for one in world.asked[before:]:
        by_day[local_date(one.scheduled_at, zone)] = by_day.get(local_date(one.scheduled_at, zone), 0) + 1
    first_day = local_date(datetime(2026, 6, 1, hour, 0, tzinfo=UTC), zone)
    assert by_day.get(first_day, 0) <= 3 - before or first_day != date(2026, 6, 1)
    sent = sorted(one.occurred_at for one in world.asked)
    assert len(sent) == len(set(sent))
    ended = {one.prompt_id for one in world.of(PromptClosed)} | {one.prompt_id for one in world.asked}
    past = [
        p for d in world.of(DayPlanned) for p in d.prompts if p.expires_at < world.at - timedelta(minutes=5)
    ]
    assert {prompt.prompt_id for prompt in past} <= ended


def test_a_new_version_of_the_study_does_not_ask_again() -> None:
    world = World()
    while len(world.asked) < 2:
        world.until(world.at + STEP)
    world.study = world.study.model_copy(update={"version": 9})
    world.enrol()
    world.until(START + days(1) - timedelta(hours=6))
    assert len(world.asked) == 3


def test_fewer_the_day_after_silence_and_more_after_answers() -> None:
    adaptive = {"min_per_day": 2, "max_per_day": 5, "days": 1}
    rule = {"kind": "random", "channels": ["sms", "sms", "web"], "adaptive": adaptive}
    world = World(scheduled(prompts=[rule]))
    world.until(START + days(3))
    assert [one.per_day for one in world.of(DayPlanned)] == [3, 2, 2, 2][: len(world.of(DayPlanned))]
    assert [one.answered_share for one in world.of(DayPlanned)][1:] == [0.0] * (len(world.of(DayPlanned)) - 1)
    world.answers = lambda _: True
    world.until(START + days(9))
    assert world.of(DayPlanned)[-1].per_day == 5
    assert world.of(DayPlanned)[-1].answered_share == 1.0


@pytest.mark.slow
def test_supportive_texts_are_drawn_and_logged_with_their_probability() -> None:
    study = scheduled(
        prompts=[{"kind": "random", "channels": ["sms"] * 6}],
        support={"probability": 0.4, "texts": ["not_understood", "out_of_range"]},
    )
    world = World(study)
    world.until(START + days(50), timedelta(minutes=8))
    decided = world.of(SupportDecided)
    assert len(decided) == len({one.prompt_id for one in decided}) >= 290
    assert {one.probability for one in decided if one.available} == {0.4}
    treated = [one for one in decided if one.treated]
    assert 0.33 < len(treated) / len(decided) < 0.47
    assert {one.text for one in treated} == {"not_understood", "out_of_range"}
    assert len(world.of(ReplyRequested)) == len(treated)
    world.say(PauseChanged, "crisis", paused=True, reason="crisis")
    world.until(START + days(52), timedelta(minutes=8))
    paused = [one for one in world.of(SupportDecided)[len(decided) :] if not one.available]
    assert paused
    assert {(one.probability, one.treated) for one in paused} == {(0.0, False)}


@examples(15)
@given(
    seed=st.integers(0, 10_000), zone=st.sampled_from(["Europe/Brussels", "America/New_York", "Pacific/Apia"])
)
def test_a_restart_after_every_step_changes_nothing(seed: int, zone: str) -> None:
    start = datetime(2026, 10, 24, 5, 0, tzinfo=UTC)

    def run(restarts: bool) -> list[Event]:
        def answers(sent: PromptSent) -> bool:
            return (sent.beep + seed) % 3 == 0

        world = World(at=start, zone=zone, start_date=start.date(), restarts=restarts, answers=answers)
        world.until(start + days(3), timedelta(minutes=3))
        assert len(world.asked) >= 6
        return world.log

    one, other = run(False), run(True)
    assert [event.event_id for event in one] == [event.event_id for event in other]


def test_a_crash_between_any_two_events_neither_loses_nor_doubles() -> None:
    support = {"probability": 0.5, "texts": ["not_understood"]}
    whole = World(scheduled(support=support))
    whole.until(START + days(1))
    names = [event.event_id for event in whole.log]
    assert len(names) == len(set(names))
    ours = DayPlanned | PromptRequested | PromptClosed | SupportDecided | ReplyRequested
    for cut, event in enumerate(whole.log):
        if not isinstance(event, ours):
            continue
        # All that was said before this event is known; it and what the same step said after it are not.
        state = ParticipantState()
        for before in whole.log[:cut]:
            state.learn(before)
        again = decide(state, whole.study, "secret", event.occurred_at).events
        assert event.event_id in {one.event_id for one in again}


@examples(50)
@given(order=st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_learnt_does_not_matter(order: random.Random) -> None:
    world = World(answers=lambda sent: sent.beep == 2)
    world.until(START + days(1))
    shuffled = list(world.log)
    order.shuffle(shuffled)
    state = ParticipantState()
    for event in shuffled + shuffled[:10]:
        state.learn(event)
    assert decide(state, world.study, "secret", world.at).events == []
