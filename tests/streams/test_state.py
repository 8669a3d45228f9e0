"""The law of the state: order, batches and repetitions do not matter; live equals batch, bit for bit."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import CheckInSubmitted, IndicatorsUpdated, IndicatorValue, PromptSent, Undefined
from schemas.identity import event_id
from schemas.study_file import load_study
from streams.state import Heard, State, absorb, batch, updates
from tests.conftest import DEMO

STUDY = load_study(DEMO)
WHO = "p-0123456789abcdef"
START = datetime(2026, 3, 25, 8, tzinfo=UTC)  # the clocks of Brussels change on the 29th


def _common(name: str, at: datetime) -> dict[str, object]:
    return {
        "event_id": event_id(name, at.isoformat()), "study": STUDY.ref, "participant": WHO, "occurred_at": at,
        "recorded_at": at, "zone": "Europe/Brussels", "channel": "sms",
    }  # fmt: skip


def prompt(day: int, slot: int) -> PromptSent:
    at = START + timedelta(days=day, hours=4 * (slot - 1))
    own = {"scheduled_at": at, "expires_at": at + timedelta(minutes=90), "study_day": day + 1, "slot": slot}
    return PromptSent.model_validate(_common("prompt", at) | own)


def answer(day: int, slot: int, **answers: object) -> CheckInSubmitted:
    at = START + timedelta(days=day, hours=4 * (slot - 1), minutes=7)
    return CheckInSubmitted.model_validate(_common("answer", at) | {"language": "en", "answers": answers})


def record(days: int) -> list[Heard]:
    draw = random.Random(1)
    heard: list[Heard] = []
    for day in range(days):
        for slot in (1, 2, 3):
            heard.append(prompt(day, slot))
            if draw.random() < 0.8:
                numbers = {
                    name: draw.randint(0, 10) for name in ("mood", "stress", "handled", "calm", "down")
                }
                heard.append(answer(day, slot, **numbers, coping=("problem_solving", "creative_activity")))
    return heard


EVENTS = record(9)
FINAL = {update.event_id: update for update in batch(EVENTS, STUDY)}


def live(batches: list[list[Heard]]) -> dict[UUID, IndicatorsUpdated]:
    state: State | None = None
    newest: dict[UUID, IndicatorsUpdated] = {}
    for events in batches:
        state, history, affected = absorb(state, events, STUDY)
        for update in updates(WHO, history, affected, STUDY):
            there = newest.get(update.event_id)
            if there is None or update.revision >= there.revision:
                newest[update.event_id] = update
    return newest


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_order_batching_and_repetition_ends_the_same(data: st.DataObject) -> None:
    order = data.draw(st.permutations(EVENTS)) + data.draw(st.lists(st.sampled_from(EVENTS), max_size=5))
    size = data.draw(st.integers(1, len(order)))
    assert live([order[i : i + size] for i in range(0, len(order), size)]) == FINAL


def found(update: IndicatorsUpdated, indicator: str, scale: str = "", window: str = "7d") -> IndicatorValue:
    wanted = (indicator, scale, window)
    return next(v for v in update.values if (v.indicator, v.scale, v.window) == wanted)


LAST = max(FINAL.values(), key=lambda update: update.occurred_at)
CHECKINS = [event for event in EVENTS if isinstance(event, CheckInSubmitted)]


def test_mean_is_that_of_the_answers_in_the_window() -> None:
    since = LAST.occurred_at - timedelta(days=7)
    inside = [e.answers["mood"] for e in CHECKINS if since < e.occurred_at <= LAST.occurred_at]
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
    _, history, affected = absorb(None, [prompt(0, 1), prompt(0, 2), answer(0, 2, mood=5)], STUDY)
    compliance = found(next(updates(WHO, history, affected, STUDY)), "compliance", window="1d")
    assert (compliance.value, compliance.n) == (0.5, 2)


def test_well_being_by_hand() -> None:
    _, history, affected = absorb(None, [answer(0, 1, cheerful=8, calm=6, down=2, worried=4)], STUDY)
    wellbeing = found(next(updates(WHO, history, affected, STUDY)), "wellbeing_mean", window="1d")
    assert wellbeing.value == pytest.approx(50 * 7 / 10 + 50 * (10 - 3) / 10)
