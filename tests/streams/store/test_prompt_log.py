"""The log of prompts: every one from its plan to its end, with all its times."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from schemas.base import Channel
from schemas.clock import now
from schemas.events import (
    CheckInSubmitted,
    DayPlanned,
    DeliveryReported,
    DeliveryStatus,
    Event,
    PauseChanged,
    PlannedPrompt,
    PromptClosed,
    PromptSent,
    SafetyAttended,
    SafetyRaised,
)
from schemas.identity import event_id
from streams.store.projection import project
from streams.store.queries import Operations
from streams.store.reconcile import PromptReconciliation
from streams.store.schema import Rows
from streams.store.writer import open_store, write

WHO = "p-0123456789abcdef"
AT = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


def envelope(*cause: str, minutes: float = 0) -> dict[str, Any]:
    at = AT + timedelta(minutes=minutes)
    return {
        "event_id": event_id("test", *cause), "study": "demo@3", "participant": WHO, "occurred_at": at,
        "recorded_at": at, "zone": "Asia/Kathmandu",
    }  # fmt: skip


def name(beep: int) -> Any:
    return event_id("test-prompt", str(beep))


def sent(beep: int) -> PromptSent:
    due = AT + timedelta(hours=beep)
    return PromptSent(
        **envelope("sent", minutes=60 * beep + 1) | {"event_id": name(beep)}, channel=Channel.SMS,
        scheduled_at=due, expires_at=due + timedelta(hours=1), study_day=1, beep=beep,
    )  # fmt: skip


def closed(beep: int, outcome: str, detail: str | None = None) -> PromptClosed:
    return PromptClosed.model_validate(
        envelope("closed", str(beep)) | {"prompt_id": name(beep), "outcome": outcome, "detail": detail}
    )


def answer(version: int, minutes: float) -> CheckInSubmitted:
    first = event_id("test", "answer", "1")
    return CheckInSubmitted(
        **envelope("answer", str(version), minutes=61) | {"recorded_at": AT + timedelta(minutes=minutes)},
        channel=Channel.WEB, language="en", opened_at=AT + timedelta(minutes=60.25),
        started_at=AT + timedelta(minutes=60.5), prompt_id=name(1),
        version=version, corrects=first if version > 1 else None, answers={"mood": version},
    )  # fmt: skip


def report(beep: int, delivery: DeliveryStatus, minutes: float) -> DeliveryReported:
    return DeliveryReported(
        **envelope("report", str(beep), delivery, minutes=minutes), text=event_id("text", str(beep)),
        prompt_id=name(beep), provider="twilio", delivery=delivery, segments=2,
    )  # fmt: skip


def planned() -> DayPlanned:
    prompts = tuple(
        PlannedPrompt(
            prompt_id=name(beep), rule="random", channel=Channel.SMS, scheduled_at=AT + timedelta(hours=beep),
            expires_at=AT + timedelta(hours=beep + 1), beep=beep,
        )
        for beep in range(1, 7)
    )  # fmt: skip
    return DayPlanned(**envelope("day"), date=date(2026, 6, 1), study_day=1, prompts=prompts)


EVENTS: list[Event] = [
    planned(), sent(1), sent(2), sent(6), closed(2, "expired"), closed(3, "discarded", "quiet_hours"),
    closed(4, "cancelled", "paused"), closed(5, "failed", "provider"), closed(6, "expired"), answer(1, 62),
    answer(2, 65), report(1, DeliveryStatus.DELIVERED, 61.2), report(1, DeliveryStatus.ACCEPTED, 61),
]  # fmt: skip


class File:
    def __init__(self, *events: Event) -> None:
        self._store = open_store(":memory:")
        rows: Rows = {}
        for event in events:
            for table, more in project(event).items():
                rows.setdefault(table, []).extend(more)
        write(self._store, rows, {})

    def query(self, sql: str, **_: object) -> pd.DataFrame:
        return self._store.execute(sql).df()


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return File(*EVENTS).query("select * from prompt_log order by beep").set_index("beep")


def test_each_prompt_has_one_end(log: pd.DataFrame) -> None:
    assert list(log["status"]) == ["answered", "expired", "discarded", "cancelled", "failed", "expired"]
    assert list(log["detail"].dropna()) == ["quiet_hours", "paused", "provider"]


def test_an_answered_prompt_has_all_its_times_with_zone_and_offset(log: pd.DataFrame) -> None:
    one = log.loc[1]
    minutes = {
        column: (one[column] - pd.Timestamp(AT)) / pd.Timedelta(minutes=1)
        for column in ("scheduled_at", "sent_at", "delivered_at", "opened_at", "started_at", "submitted_at")
    }
    assert minutes == {
        "scheduled_at": 60, "sent_at": 61, "delivered_at": 61.2, "opened_at": 60.25, "started_at": 60.5,
        "submitted_at": 65,
    }  # fmt: skip
    assert (one["zone"], one["offset_minutes"]) == ("Asia/Kathmandu", 345)
    assert one["segments"] == 2


@pytest.mark.parametrize(
    "late", [DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED]
)
def test_what_became_of_a_text_does_not_depend_on_when_it_was_told(late: DeliveryStatus) -> None:
    told = report(1, DeliveryStatus.DELIVERED, 61), report(1, late, 75)
    file = File(planned(), sent(1), *told)
    found = file.query(f"select delivery, delivered_at from prompt_log where prompt_id = '{name(1)}'")
    assert list(found["delivery"]) == ["delivered"]
    assert list(found["delivered_at"]) == [pd.Timestamp(AT + timedelta(minutes=61))]


def test_how_far_a_text_got_follows_the_order_of_the_deliveries() -> None:
    file = File(*(report(1, one, 61) for one in DeliveryStatus))
    found = file.query("select delivery from ranked_delivery_reports order by stage")
    assert list(found["delivery"]) == list(DeliveryStatus)


def test_operations_counts_each_text_by_what_became_of_it() -> None:
    begun = now()
    told = [
        report(beep, delivery, 0).model_copy(
            update={"occurred_at": begun - timedelta(minutes=ago), "code": code}
        )
        for beep, delivery, ago, code in (
            (1, DeliveryStatus.UNKNOWN, 9, "TimeoutError"), (1, DeliveryStatus.DELIVERED, 8, None),
            (1, DeliveryStatus.SENT, 7, None), (2, DeliveryStatus.FAILED, 9, "30003"),
        )
    ]  # fmt: skip
    lately = Operations(File(*told)).recent_texts()
    found = set(zip(lately["delivery"], lately["code"], strict=True))
    assert found == {("delivered", ""), ("failed", "30003")}


def test_a_planned_prompt_that_nobody_closed_is_failed_after_its_time() -> None:
    found = File(planned()).query("select distinct status from prompt_log")
    assert list(found["status"]) == ["failed"]


def test_a_call_for_help_stays_open_until_somebody_says_what_they_did() -> None:
    raised = SafetyRaised(**envelope("safety"), cause=event_id("message"), rule="en-3")
    resumed = PauseChanged(**envelope("resumed", minutes=9), paused=False, reason="staff")
    looked, again = (
        SafetyAttended(
            **envelope("looked", str(minutes), minutes=minutes), alert=raised.event_id, by="Dr V", did=did
        )
        for minutes, did in ((10, "called back"), (20, "visited"))
    )
    still_open = Operations(File(raised, resumed))
    assert list(still_open.open_calls()["alert"]) == [str(raised.event_id)]
    assert still_open.attended_calls().empty
    attended = Operations(File(raised, resumed, again, looked))
    assert attended.open_calls().empty
    rows = File(raised, looked, again).query("select attended_by, did from help_calls")
    assert rows.to_numpy().tolist() == [["Dr V", "called back"]]


def test_the_line_that_check_prints() -> None:
    found = PromptReconciliation(6, {"answered": 1, "expired": 2, "pending": 1})
    assert found.lost == 2
    assert str(found) == "prompts=6 answered=1 expired=2 failed=0 discarded=0 cancelled=0 pending=1 lost=2"
