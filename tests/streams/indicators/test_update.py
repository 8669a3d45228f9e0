"""The law of the state: order, batches and repetitions do not matter; live equals batch, bit for bit."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import (
    CheckInRetracted,
    CheckInSubmitted,
    IndicatorsUpdated,
    IndicatorValue,
    Note,
    PromptSent,
    Undefined,
)
from schemas.identity import event_id
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.update import State, TimelineEvent, absorb, batch, updates
from streams.records.timeline import local_day
from tests.conftest import DEMO
from tests.examples import examples

STUDY = load_study(DEMO)
WHO = "p-0123456789abcdef"
START = datetime(2026, 3, 25, 8, tzinfo=UTC)  # the clocks of Brussels change on the 29th


def _common(name: str, at: datetime) -> dict[str, object]:
    return {
        "event_id": event_id(name, at.isoformat()), "study": STUDY.ref, "participant": WHO, "occurred_at": at,
        "recorded_at": at, "zone": "Europe/Brussels", "channel": "sms",
    }  # fmt: skip


def prompt(day: int, beep: int) -> PromptSent:
    at = START + timedelta(days=day, hours=4 * (beep - 1))
    own = {"scheduled_at": at, "expires_at": at + timedelta(minutes=90), "study_day": day + 1, "beep": beep}
    return PromptSent.model_validate(_common("prompt", at) | own)


def answer(day: int, beep: int, **answers: object) -> CheckInSubmitted:
    at = START + timedelta(days=day, hours=4 * (beep - 1), minutes=7)
    return CheckInSubmitted.model_validate(_common("answer", at) | {"language": "en", "answers": answers})


def record(days: int, *, own_initiative: bool = False) -> list[TimelineEvent]:
    """Three prompts a day, four in five of them answered; perhaps a check-in on own initiative at night."""
    draw, own = random.Random(1), random.Random(2)
    heard: list[TimelineEvent] = []
    for day in range(days):
        for beep in (1, 2, 3):
            heard.append(prompt(day, beep))
            if draw.random() < 0.8:
                numbers = {
                    name: draw.randint(0, 10) for name in ("mood", "stress", "handled", "calm", "down")
                }
                heard.append(answer(day, beep, **numbers, coping=("problem_solving", "creative_activity")))
        if own_initiative and day % 2:
            heard.append(answer(day, 4, mood=own.randint(0, 5), coping=("problem_solving",)))
    return heard


def corrected(event: CheckInSubmitted, version: int, cause: str = "", **answers: object) -> CheckInSubmitted:
    changes = {
        "event_id": event_id("corrected", str(event.event_id), str(version), cause), "version": version,
        "corrects": event.event_id, "answers": event.answers | answers,
        "recorded_at": event.recorded_at + timedelta(hours=version),
    }  # fmt: skip
    return CheckInSubmitted.model_validate(event.model_dump() | changes)


def retracted(event: CheckInSubmitted, version: int) -> CheckInRetracted:
    content = _common("retracted", event.occurred_at) | {"version": version, "corrects": event.event_id}
    return CheckInRetracted.model_validate({k: v for k, v in content.items() if k != "channel"})


def other_version() -> Study:
    """Version 2: the mood scale ends at 5, and nobody is asked any more whether they feel calm."""
    content = STUDY.model_dump()
    items = [item for item in content["items"] if item["id"] != "calm"]
    for item in items:
        if item["id"] == "mood":
            item["scale"] = item["scale"] | {"max": 5}
    return Study.model_validate(content | {"version": STUDY.version + 1, "items": items})


def once_a_day() -> Study:
    """Version 3: one prompt a day, at a fixed time."""
    content = STUDY.model_dump()
    schedule = content["schedule"] | {"prompts": [{"kind": "fixed", "times": ["20:00"], "channel": "sms"}]}
    return Study.model_validate(content | {"version": STUDY.version + 2, "schedule": schedule})


NEWER, DAILY = other_version(), once_a_day()
VERSIONS = Versions([STUDY, NEWER, DAILY])


def number(event: CheckInSubmitted, item: str) -> int:
    value = event.answers.get(item, 0)
    assert isinstance(value, int)
    return value


def troubled(days: int) -> list[TimelineEvent]:
    """A record in which check-ins are corrected, twice or by two hands, taken back, or of a newer version."""
    plain = record(days, own_initiative=True)
    checkins = [event for event in plain if isinstance(event, CheckInSubmitted)]
    corrections: list[TimelineEvent] = [
        corrected(checkins[2], 2, mood=9),
        corrected(checkins[2], 3, mood=4, coping=("creative_activity",)),
        corrected(checkins[5], 2, "one hand", mood=1),
        corrected(checkins[5], 2, "another hand", mood=2),
        retracted(checkins[7], 2),
        corrected(checkins[9], 2, mood=3),
        retracted(checkins[9], 3),
    ]
    late = START + timedelta(days=days - 2)
    newer = {"study": NEWER.ref, "language": "nl"}
    return corrections + [
        event.model_copy(update=newer)
        if isinstance(event, CheckInSubmitted) and event.occurred_at > late and number(event, "mood") <= 5
        else event
        for event in plain
    ]


EVENTS = record(9)
FINAL = {update.event_id: update for update in batch(EVENTS, VERSIONS)}
TROUBLED = troubled(4)
PLACES = range(len(TROUBLED))  # Hypothesis prints what it draws, and an event is long
SETTLED = {update.event_id: update for update in batch(TROUBLED, VERSIONS)}

NINE_DAYS = tuple(batch(troubled(9), VERSIONS))


def live(batches: list[list[TimelineEvent]]) -> dict[UUID, IndicatorsUpdated]:
    state: State | None = None
    newest: dict[UUID, IndicatorsUpdated] = {}
    for events in batches:
        state, history, affected = absorb(state, events, VERSIONS)
        for update in updates(WHO, history, affected, VERSIONS):
            there = newest.get(update.event_id)
            if there is None or update.revision >= there.revision:
                newest[update.event_id] = update
    return newest


@examples(12)
@given(st.data())
def test_any_order_batching_and_repetition_ends_the_same(data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(PLACES), max_size=5))
    order = [TROUBLED[place] for place in [*data.draw(st.permutations(PLACES)), *again]]
    size = data.draw(st.integers(1, len(order)))
    found = live([order[i : i + size] for i in range(0, len(order), size)])
    gone = {event_id("indicators", str(e.checkin)) for e in TROUBLED if isinstance(e, CheckInRetracted)}
    assert {name: update for name, update in found.items() if name not in gone} == SETTLED


@examples(6)
@given(st.permutations(PLACES))
@pytest.mark.slow
def test_a_revision_only_grows(order: list[int]) -> None:
    state: State | None = None
    highest: dict[UUID, int] = {}
    for place in order:
        state, history, affected = absorb(state, [TROUBLED[place]], VERSIONS)
        for update in updates(WHO, history, affected, VERSIONS):
            assert update.revision >= highest.get(update.event_id, 0)
            highest[update.event_id] = update.revision


def values_at(updates_by_id: dict[UUID, IndicatorsUpdated], checkin: CheckInSubmitted) -> IndicatorsUpdated:
    return updates_by_id[event_id("indicators", str(checkin.checkin))]


def test_the_highest_version_holds_and_a_retracted_check_in_is_as_if_it_never_was() -> None:
    plain = [event for event in record(3) if isinstance(event, CheckInSubmitted)][:5]
    heard: list[TimelineEvent] = [*plain, corrected(plain[4], 3, mood=0), corrected(plain[4], 2, mood=10)]
    final = {u.event_id: u for u in batch([retracted(plain[1], 2), *heard], VERSIONS)}
    assert event_id("indicators", str(plain[1].event_id)) not in final
    without = {u.event_id: u for u in batch([plain[0], plain[2], plain[3], heard[5]], VERSIONS)}
    assert values_at(without, plain[4]).values == values_at(final, plain[4]).values
    assert found(values_at(final, plain[4]), "mean", "valence", "28d").n == 4


def test_another_version_that_asks_otherwise_is_left_out_and_noted() -> None:
    newer = [update for update in NINE_DAYS if update.study == NEWER.ref]
    last = max(newer, key=lambda update: update.occurred_at)
    mood, stress = found(last, "mean", "valence"), found(last, "mean", "stress")
    assert mood.n < stress.n
    assert mood.notes == (Note.SCALE_CHANGED, Note.OWN_INITIATIVE)
    assert stress.notes == (Note.LANGUAGES_MIXED,)
    # `calm` was removed: what remains of positive affect is another measure.
    assert found(last, "mean", "positive_affect").n == 0
    first = min(NINE_DAYS, key=lambda update: update.occurred_at)
    assert all(value.notes is None for value in first.values)


def found(update: IndicatorsUpdated, indicator: str, scale: str = "", window: str = "7d") -> IndicatorValue:
    wanted = (indicator, scale, window)
    return next(v for v in update.values if (v.indicator, v.scale, v.window) == wanted)


LAST = max(FINAL.values(), key=lambda update: update.occurred_at)
CHECKINS = [event for event in EVENTS if isinstance(event, CheckInSubmitted)]


def test_mean_is_that_of_the_answers_in_the_window() -> None:
    since = LAST.occurred_at - timedelta(days=7)
    inside = [number(e, "mood") for e in CHECKINS if since < e.occurred_at <= LAST.occurred_at]
    mean = found(LAST, "mean", "valence")
    assert mean.n == len(inside)
    assert mean.value == pytest.approx(sum(inside) / len(inside), abs=1e-12)


def test_pairs_do_not_bridge_nights_or_missed_prompts() -> None:
    since = LAST.occurred_at - timedelta(days=7)
    times = {e.occurred_at for e in CHECKINS if e.occurred_at - timedelta(minutes=7) > since}
    pairs = sum(1 for at in times if at + timedelta(hours=4) in times)
    assert found(LAST, "rmssd", "valence").n_pairs == pairs


def test_too_few_answers_give_no_value_and_say_why() -> None:
    first = min(FINAL.values(), key=lambda update: update.occurred_at)
    mean = found(first, "mean", "valence")
    assert (mean.value, mean.n, mean.reason) == (None, 1, Undefined.TOO_FEW)
    assert found(first, "mean", "resilience").reason == Undefined.NO_DATA


def test_compliance_counts_answered_and_expired_prompts() -> None:
    _, history, affected = absorb(None, [prompt(0, 1), prompt(0, 2), answer(0, 2, mood=5)], VERSIONS)
    compliance = found(next(updates(WHO, history, affected, VERSIONS)), "compliance", window="1d")
    assert (compliance.value, compliance.n) == (0.5, 2)


def test_well_being_by_hand() -> None:
    _, history, affected = absorb(None, [answer(0, 1, cheerful=8, calm=6, down=2, worried=4)], VERSIONS)
    wellbeing = found(next(updates(WHO, history, affected, VERSIONS)), "wellbeing_mean", window="1d")
    assert wellbeing.value == pytest.approx(50 * 7 / 10 + 50 * (10 - 3) / 10)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-28T22:59:00Z", "Europe/Brussels", "2026-03-28"),
        ("2026-03-28T23:00:00Z", "Europe/Brussels", "2026-03-29"),
        ("2026-03-29T21:59:00Z", "Europe/Brussels", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "Europe/Brussels", "2026-03-30"),
        ("2026-10-24T22:00:00Z", "Europe/Brussels", "2026-10-25"),
        ("2026-10-25T22:59:00Z", "Europe/Brussels", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "Europe/Brussels", "2026-10-26"),
        ("2011-12-30T09:59:00Z", "Pacific/Apia", "2011-12-29"),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31"),
    ],
)
def test_a_local_day_follows_the_clocks(moment: str, zone: str, day: str) -> None:
    assert local_day(datetime.fromisoformat(moment), zone) == day


def asked_at(at: datetime, study_day: int, beep: int, mood: int, study: Study = STUDY) -> list[TimelineEvent]:
    """A prompt and its answer five minutes later."""
    own = {"study": study.ref, "occurred_at": at, "scheduled_at": at, "expires_at": at + timedelta(hours=1)}
    asked = prompt(0, beep).model_copy(
        update=own | {"event_id": event_id("asked", at.isoformat()), "study_day": study_day}
    )
    given = answer(0, beep, mood=mood).model_copy(
        update={
            "study": study.ref, "event_id": event_id("given", at.isoformat()),
            "prompt_id": asked.event_id, "occurred_at": at + timedelta(minutes=5),
        }
    )  # fmt: skip
    return [asked, given]


def last_pairs(heard: list[TimelineEvent], window: str = "28d") -> IndicatorValue:
    last = max(batch(heard, VERSIONS), key=lambda update: update.occurred_at)
    return found(last, "rmssd", "valence", window)


@pytest.mark.parametrize(("study_day", "pairs"), [(1, 1), (2, 0)])
def test_a_prompt_after_midnight_belongs_to_the_day_for_which_it_was_planned(
    study_day: int, pairs: int
) -> None:
    night = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)  # 23:30 in Brussels
    heard = [*asked_at(night, 1, 1, 2), *asked_at(night + timedelta(hours=1), study_day, 2, 7)]
    assert last_pairs(heard, "1d").n_pairs == pairs


def test_pairs_after_midnight_are_in_order_of_time() -> None:
    """Five prompts a day from 09:00 to 01:00, each 10 points below or above the one before."""
    heard: list[TimelineEvent] = []
    for day in range(1, 8):
        begin = datetime(2026, 6, day, 7, tzinfo=UTC)
        for beep in range(1, 6):
            moment = begin + timedelta(hours=4 * (beep - 1))
            heard += asked_at(moment, day, beep, 10 * (beep % 2))
    rmssd = last_pairs(heard)
    assert (rmssd.n_pairs, rmssd.value) == (28, 10)


def test_a_diary_with_one_prompt_a_day_has_pairs_of_consecutive_days() -> None:
    begin = datetime(2026, 3, 15, 19, tzinfo=UTC)  # the clocks change on the 29th
    heard: list[TimelineEvent] = []
    for day in range(1, 21):
        if day != 5:
            heard += asked_at(begin + timedelta(days=day), day, 1, 10 * (day % 2), DAILY)
    heard.append(asked_at(begin + timedelta(days=5), 5, 1, 0, DAILY)[0])  # missed
    rmssd = last_pairs(heard)
    assert (rmssd.n_pairs, rmssd.value) == (17, 10)
    assert last_pairs(heard, "7d").n_pairs == 6


def test_a_study_that_comes_to_ask_once_a_day_makes_no_pair_with_the_days_before() -> None:
    """Day 1 had three prompts, of which the last two were missed: day 2 is no neighbour of its first."""
    begin = datetime(2026, 6, 1, 7, tzinfo=UTC)
    heard = [*asked_at(begin, 1, 1, 2), prompt(0, 2), prompt(0, 3)]
    heard += asked_at(begin + timedelta(days=1), 2, 1, 5, DAILY)
    heard += asked_at(begin + timedelta(days=2), 3, 1, 7, DAILY)
    assert last_pairs(heard).n_pairs == 1


def test_check_ins_on_own_initiative_are_told_apart_and_counted_together() -> None:
    end = answer(8, 5, handled=0)
    events = [*record(9, own_initiative=True), end]
    last = values_at({update.event_id: update for update in batch(events, VERSIONS)}, end)
    for indicator in ("mean", "sd"):
        both = found(last, indicator, "valence")
        prompted = found(last, f"{indicator}/prompted", "valence")
        own = found(last, f"{indicator}/own_initiative", "valence")
        assert both.n == prompted.n + own.n
        assert own.n > 0
        assert (both.notes, prompted.notes, own.notes) == ((Note.OWN_INITIATIVE,), None, None)
    without = [event for event in events if event.occurred_at.hour < 20]
    alone = values_at({update.event_id: update for update in batch(without, VERSIONS)}, end)
    assert found(alone, "mean", "valence").value == found(last, "mean/prompted", "valence").value
    assert found(alone, "rmssd", "valence").value == found(last, "rmssd", "valence").value
    assert found(alone, "compliance") == found(last, "compliance")
    # Nobody was asked about stress on their own initiative.
    assert found(last, "mean", "stress").notes is None
    assert found(last, "mean/own_initiative", "stress").reason == Undefined.NO_DATA


def test_where_every_check_in_was_prompted_nothing_is_told_apart() -> None:
    for update in FINAL.values():
        assert not [value for value in update.values if "/" in value.indicator or value.notes]


def test_pairs_and_compliance_are_not_split() -> None:
    split = {v.indicator.partition("/")[0] for u in NINE_DAYS for v in u.values if "/" in v.indicator}
    assert split == {"mean", "sd", "coping_variety", "coping_shannon", "wellbeing_mean", "coping_efficacy"}


def test_a_prompt_from_before_the_window_that_comes_late_turns_own_initiative_into_an_answer() -> None:
    """The prompt is sent just before the longest window, its answer is the first check-in in it."""
    end = answer(28, 1, mood=5)
    start = end.occurred_at - timedelta(days=28)
    first = answer(0, 1, mood=3).model_copy(update={"occurred_at": start + timedelta(minutes=1)})
    asked = prompt(0, 1).model_copy(
        update={"occurred_at": start - timedelta(minutes=5), "expires_at": start + timedelta(minutes=55)}
    )
    settled = {update.event_id: update for update in batch([asked, first, end], VERSIONS)}
    assert found(values_at(settled, end), "mean/prompted", "valence", "28d").n == 1
    orders: list[list[TimelineEvent]] = [[first, end, asked], [asked, end, first], [end, asked, first]]
    for order in orders:
        assert live([[event] for event in order]) == settled
