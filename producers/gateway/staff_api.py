"""What staff do about a person, through the admin API: attend to a call for help, and see a number.

Whoever sees a number is recorded before they see it: who, when, whose and why, never the number.
"""

import asyncio
import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from producers.gateway.intake import Intake
from producers.gateway.middleware import read_body
from producers.vault import Person, Vault, VaultError
from schemas.base import FrozenModel, Pseudonym
from schemas.clock import Clock
from schemas.events import SafetyAttended
from schemas.identity import event_id
from schemas.private_file import append_private

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class _Attention(FrozenModel):
    alert: UUID
    participant: Pseudonym
    by: Name
    did: Words


class _Reveal(FrozenModel):
    participant: Pseudonym
    by: Name
    reason: Words


class StaffRoutes:
    """The routes.

    Args:
        vault: The opened vault.
        intake: Where events go.
        clock: Tells the time.
        revealed: The file that records who saw a number. Lines are only ever appended to it.
    """

    def __init__(self, vault: Vault, intake: Intake, clock: Clock, revealed: Path) -> None:
        self._vault = vault
        self._intake = intake
        self._clock = clock
        self._revealed = revealed

    async def attend(self, request: Request) -> Response:
        """Record that somebody attended to a call for help; saying the same again records it once."""
        wanted = _Attention.model_validate_json(await read_body(request))
        person = await self._person(wanted.participant)
        now = self._clock()
        event = SafetyAttended(
            **person.envelope(event_id("attended", str(wanted.alert), wanted.by, wanted.did), now, now),
            alert=wanted.alert,
            by=wanted.by,
            did=wanted.did,
        )
        await self._intake.publish_once(
            event.event_id, lambda at: event.model_copy(update={"occurred_at": at, "recorded_at": at})
        )
        return JSONResponse({"alert": str(wanted.alert)})

    async def reveal(self, request: Request) -> Response:
        """A participant's telephone number, once it is recorded who sees it and why."""
        wanted = _Reveal.model_validate_json(await read_body(request))
        await self._person(wanted.participant)
        line = {
            "at": self._clock().isoformat(), "participant": wanted.participant, "by": wanted.by,
            "reason": wanted.reason,
        }  # fmt: skip
        try:
            await asyncio.to_thread(append_private, self._revealed, json.dumps(line, ensure_ascii=False))
        except OSError:
            return PlainTextResponse("what staff see cannot be recorded, so the number is not shown", 503)
        return JSONResponse({"number": await self._vault.directory.number(wanted.participant)})

    async def _person(self, participant: str) -> Person:
        person = await self._vault.directory.find(participant)
        if person is None:
            raise VaultError(f"there is no participant {participant}")
        return person
