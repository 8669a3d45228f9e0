"""The envelope of an event caused by another one is built in one place, and type-checked."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from schemas.events import Envelope, Event, Outcome, PauseChanged, PromptClosed, caused_by
from schemas.identity import event_id

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "locales", "producers", "streams", "dashboard", "wellstream")
EVENTS = {kind.__name__ for kind in get_args(get_args(Event)[0])} | {Envelope.__name__}


def pause() -> PauseChanged:
    return PauseChanged(
        event_id=event_id("pause"), study="demo@1", participant="p-0000000000000000", occurred_at=AT,
        recorded_at=AT + timedelta(seconds=1), zone="Asia/Kolkata", paused=True, reason="asked",
    )  # fmt: skip


def test_what_follows_is_about_the_same_person_study_and_time() -> None:
    cause = pause()
    closed = PromptClosed(
        **caused_by(cause, event_id("closed")), prompt_id=event_id("x"), outcome=Outcome.CANCELLED
    )
    assert closed.event_id == event_id("closed") != cause.event_id
    names = ("study", "participant", "zone", "occurred_at", "recorded_at")
    assert [getattr(closed, name) for name in names] == [getattr(cause, name) for name in names]


def test_times_of_its_own_replace_those_of_the_cause() -> None:
    cause, later = pause(), AT + timedelta(minutes=5)
    recorded = caused_by(cause, event_id("closed"), recorded_at=later)
    assert (recorded["occurred_at"], recorded["recorded_at"]) == (cause.occurred_at, later)
    occurred = caused_by(cause, event_id("closed"), occurred_at=later)
    assert (occurred["occurred_at"], occurred["recorded_at"]) == (later, cause.recorded_at)


def test_no_event_of_ours_is_built_from_an_unchecked_dict() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "model_validate"
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in EVENTS
    ]
    assert found == []
