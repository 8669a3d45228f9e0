"""Publishing calls for help from the form: at once, each once, and again until Kafka has it."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from producers.forms.calls import call_events
from producers.gateway.helpers import Report
from producers.gateway.intake import Intake
from producers.kafka import PublishFailed
from producers.vault import Kept, Person, Vault, VaultUnavailable
from schemas.codec import Unreadable, decode, encode
from schemas.events import Event

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 30.0
_MOST_AT_ONCE = 1000
_ANSWER_SECONDS = 0.5


class HelpCalls:
    """Alerts the staff to what participants write in the form.

    Args:
        vault: Keeps a call until Kafka has it, so that it outlives this process.
        intake: Where events go.
    """

    def __init__(self, vault: Vault, intake: Intake) -> None:
        self._vault = vault
        self._intake = intake
        self._publishing: dict[UUID, asyncio.Task[None]] = {}

    async def raise_alert(self, person: Person, checkin: UUID, rule: str, at: datetime) -> None:
        """Publish the alert and the pause.

        Normally both are on Kafka on return. If Kafka is slow or away, the participant must not wait for
        their answer: it returns after half a second, and tries on until Kafka has them; after a restart,
        `publish_kept` does.

        Args:
            person: Who calls.
            checkin: The check-in in which they do.
            rule: What matched.
            at: When it was written.
        """
        events = call_events(person, checkin, rule, at, at)
        alert = events[0].event_id
        task = self._publishing.get(alert)
        if task is None:
            kept = await self._keep(events, at)
            if len(self._publishing) >= _MOST_AT_ONCE:
                what = "is published after a restart" if kept else "was not published"
                _log.error("an alert %s: %d others wait for Kafka already", what, _MOST_AT_ONCE)
                return
            task = asyncio.create_task(_publish_all(self._vault, self._intake, events))
            self._publishing[alert] = task
            task.add_done_callback(lambda _: self._publishing.pop(alert, None))
        await asyncio.wait({task}, timeout=_ANSWER_SECONDS)

    async def _keep(self, events: Sequence[Event], at: datetime) -> bool:
        try:
            kept = [Kept(event_id=event.event_id, event=encode(event).decode()) for event in events]
            await self._vault.calls.keep(kept, at)
        except VaultUnavailable:
            return False  # Kafka may have room where the vault has none
        return True


async def publish_kept(vault: Vault, intake: Intake, before: datetime, report: Report) -> None:
    """Publish the calls for help that an earlier run of the gateway kept, and return when Kafka has them.

    A call that this release cannot read stays in the vault, and is told.

    Args:
        vault: Has kept them.
        intake: Where they go.
        before: When this run began.
        report: Told the errors.
    """
    for one in await vault.calls.waiting(before):
        try:
            event = decode(one.event.encode())
        except Unreadable as error:
            _log.error("the call for help %s cannot be published: %s", one.event_id, error.reason.value)
        else:
            await _publish_all(vault, intake, [event], report)


async def _publish_all(
    vault: Vault, intake: Intake, events: Sequence[Event], report: Report = lambda _: None
) -> None:
    wait, left = _FIRST_WAIT_SECONDS, list(events)
    while left:
        event = left[0]
        try:
            await intake.publish_once(event.event_id, partial(_recorded, event))
            await vault.calls.published(event.event_id)
        except (PublishFailed, VaultUnavailable) as error:
            report(error)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        else:
            report(None)
            left.pop(0)


def _recorded(event: Event, at: datetime) -> Event:
    return event.model_copy(update={"recorded_at": at})
