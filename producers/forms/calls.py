"""A cry for help in the form's free text: finding it, and the events that it brings about."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from locales.text_rules import text_alert
from producers.vault import Person
from schemas.events import PauseChanged, SafetyRaised
from schemas.identity import event_id
from schemas.study import Study, TextItem


def call_for_help(study: Study, fields: Iterable[tuple[str, str]]) -> str | None:
    """Which safety rule the free text among submitted fields matches; None if none.

    Every page of the form is read, whatever else is wrong with it.
    """
    free = {item.id for item in study.items if isinstance(item, TextItem)}
    texts = (value for name, value in fields if name in free and value.strip())
    return next((rule for text in texts if (rule := text_alert(text, study)) is not None), None)


def call_events(
    person: Person, checkin: UUID, rule: str, occurred_at: datetime, recorded_at: datetime
) -> tuple[SafetyRaised, PauseChanged]:
    """The alert and the pause of prompts that follow from a match, the same as for a text message.

    Their ids follow from check-in and rule: the same words on the next page, or sent again, call once.

    Args:
        person: Who wrote it.
        checkin: The check-in that it belongs to, whether or not it is ever submitted.
        rule: What matched.
        occurred_at: When it was written.
        recorded_at: When the gateway first saw it.
    """
    alert = event_id("safety", str(checkin), rule)
    return (
        SafetyRaised(**person.envelope(alert, occurred_at, recorded_at), cause=checkin, rule=rule),
        PauseChanged(
            **person.envelope(event_id("pause", str(alert)), occurred_at, recorded_at),
            paused=True,
            reason="crisis",
        ),
    )
