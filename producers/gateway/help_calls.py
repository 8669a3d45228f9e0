"""Publishing calls for help from the form: at once, each once, and again until Kafka has it."""

import asyncio
import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from producers.forms.calls import call_events
from producers.gateway.intake import Intake
from producers.kafka import PublishFailed
from producers.vault import Person, VaultUnavailable
from schemas.events import PauseChanged, SafetyRaised

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 30.0
_MOST_AT_ONCE = 1000
_ANSWER_SECONDS = 0.5


class HelpCalls:
    """Alerts the staff to what participants write in the form.

    Args:
        intake: Where events go.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._publishing: dict[UUID, asyncio.Task[None]] = {}

    async def raise_alert(self, person: Person, checkin: UUID, rule: str, at: datetime) -> None:
        """Publish the alert and the pause.

        Normally both are on Kafka on return. If Kafka is slow or away, the participant must not wait for
        their answer: it returns after half a second, and tries on until Kafka has them.

        Args:
            person: Who calls.
            checkin: The check-in in which they do.
            rule: What matched.
            at: When it was written.
        """
        alert, pause = call_events(person, checkin, rule, at, at)
        task = self._publishing.get(alert.event_id)
        if task is None:
            if len(self._publishing) >= _MOST_AT_ONCE:
                _log.error("an alert was not published: %d others wait for Kafka already", _MOST_AT_ONCE)
                return
            task = asyncio.create_task(self._publish(alert, pause))
            self._publishing[alert.event_id] = task
            task.add_done_callback(lambda _: self._publishing.pop(alert.event_id, None))
        await asyncio.wait({task}, timeout=_ANSWER_SECONDS)

    async def _publish(self, alert: SafetyRaised, pause: PauseChanged) -> None:
        wait = _FIRST_WAIT_SECONDS
        events: list[SafetyRaised | PauseChanged] = [alert, pause]
        while events:
            event = events[0]
            try:
                await self._intake.publish_once(event.event_id, partial(_recorded, event))
            except (PublishFailed, VaultUnavailable):
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            else:
                events.pop(0)


def _recorded(event: SafetyRaised | PauseChanged, at: datetime) -> SafetyRaised | PauseChanged:
    return event.model_copy(update={"recorded_at": at})
