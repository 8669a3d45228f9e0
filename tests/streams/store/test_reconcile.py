"""Operations and `wellstream check` count the same events as stored, quarantined and on their way."""

from typing import Any

from schemas.clock import now
from schemas.codec import dead_letter, encode
from schemas.events import CheckInRetracted, CheckInSubmitted, Event, Reason
from schemas.topics import CHECKINS, PROMPTS
from streams.store.projection import project
from streams.store.reconcile import Names, Reconciliation, compare
from streams.store.schema import Rows
from streams.store.writer import asking, open_store, write
from tests.streams.indicators.test_update import EVENTS, corrected, retracted

FIRST = next(event for event in EVENTS if isinstance(event, CheckInSubmitted) and event.cause is None)
SECOND = corrected(FIRST, 2, mood=3)
THIRD = retracted(FIRST, 3)


def query_of(*events: Event) -> Any:
    rows: Rows = {}
    for event in events:
        for name, more in project(event).items():
            rows.setdefault(name, []).extend(more)
    store = open_store(":memory:")
    write(store, rows, {})
    return asking(store)


def statuses(query: Any) -> dict[str, str]:
    rows = query("select event_id, status from accepted_events")
    return dict(zip(rows["event_id"], rows["status"], strict=True))


def letter(event: CheckInSubmitted, topic: str = CHECKINS.name) -> Event:
    return dead_letter(
        topic=topic, key=b"k", value=encode(event), reason=Reason.UNEXPECTED, detail="", at=now(), event=event
    )


def test_a_first_version_that_is_missing_is_lost_although_its_correction_is_stored() -> None:
    names = {str(FIRST.event_id), str(SECOND.event_id)}
    assert compare(query_of(SECOND), Names(names)) == Reconciliation(accepted=2, stored=1, quarantined=0)


def test_a_first_version_of_which_only_a_dead_letter_is_left_is_quarantined() -> None:
    names, query = {str(FIRST.event_id), str(SECOND.event_id)}, query_of(SECOND, letter(FIRST))
    assert compare(query, Names(names)) == Reconciliation(accepted=2, stored=1, quarantined=1)
    assert statuses(query) == {str(FIRST.event_id): "quarantined", str(SECOND.event_id): "stored"}


def test_every_version_from_a_form_counts_once() -> None:
    query = query_of(FIRST, SECOND, THIRD, letter(SECOND))
    assert isinstance(THIRD, CheckInRetracted)
    assert set(statuses(query).values()) == {"stored"}
    assert len(statuses(query)) == 3


def test_a_dead_letter_of_what_nobody_sent_in_is_not_accepted() -> None:
    assert statuses(query_of(letter(FIRST, PROMPTS.name))) == {}
