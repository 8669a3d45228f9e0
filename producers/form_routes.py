"""`/c/<token>`: showing the form and taking it in."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from producers.form import Problem, RawAnswer, read_form
from producers.form_page import FormPage, render_form, render_message, with_problems
from producers.intake import Intake
from producers.people import Link
from producers.publisher import NotStored
from producers.vault import Vault
from producers.web import read_fields, simulated_at
from schemas.clock import Clock
from schemas.codec import dead_letter
from schemas.events import Answer, CheckInSubmitted, DeadLetter, Envelope
from schemas.identity import event_id
from schemas.sealing import seal
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import CHECKINS, DEAD_LETTERS
from schemas.words import Channel

_LONGEST_SUBMISSION_ID = 64


def message(study: Study | None, language: str | None, name: str, status: int) -> Response:
    """A page with one of our messages."""
    return HTMLResponse(render_message(study, language, name), status)


@dataclass(frozen=True)
class _Opened:
    """A link with what is needed to use it."""

    link: Link
    study: Study
    key: bytes


@dataclass(frozen=True)
class _Submission:
    """One filling-in of the form.

    Attributes:
        checkin: The check-in's id.
        occurred_at: When its first filling-in came.
        version: Above 1 where other answers were sent before and may have been stored.
    """

    opened: _Opened
    checkin: UUID
    fields: list[tuple[str, str]]
    occurred_at: datetime
    page: FormPage
    version: int = 1

    @property
    def event_id(self) -> UUID:
        """The event's id."""
        return (
            self.checkin if self.version == 1 else event_id("version", str(self.checkin), str(self.version))
        )


class FormRoutes:
    """The form's two routes. Looking changes nothing; only sending does."""

    def __init__(
        self,
        settings: Settings,
        studies: Mapping[str, Study],
        vault: Vault,
        intake: Intake,
        clock: Clock,
        body_limit: int,
    ) -> None:
        self._simulation = settings.simulation
        self._studies = studies
        self._vault = vault
        self._intake = intake
        self._clock = clock
        self._body_limit = body_limit

    async def show(self, request: Request) -> Response:
        """`GET`: the form, empty."""
        opened = await self._open(request)
        if opened is None:
            return message(None, None, "unknown", 404)
        language = opened.link.person.language
        if opened.link.prompt_id and await self._vault.acknowledged(_name(opened.link, "")):
            return message(opened.study, language, "thanks", 200)
        if opened.link.expires_at <= self._clock():
            return message(opened.study, language, "expired", 410)
        return HTMLResponse(render_form(FormPage(opened.study, language, secrets.token_urlsafe(12))))

    async def take(self, request: Request) -> Response:
        """`POST`: the answers; the same ones twice are one check-in."""
        fields = await read_fields(request, self._body_limit)
        opened = await self._open(request)
        if opened is None:
            return message(None, None, "unknown", 404)
        submission_id = dict(fields).get("submission_id", "")[:_LONGEST_SUBMISSION_ID]
        page = FormPage(
            opened.study, opened.link.person.language, submission_id or secrets.token_urlsafe(12), fields
        )
        name = _name(opened.link, submission_id)
        if await self._vault.acknowledged(name):
            return message(opened.study, page.language, "thanks", 200)
        invented = simulated_at(dict(fields).get("SimulatedAt", "")) if self._simulation else None
        if opened.link.expires_at <= (invented or self._clock()):
            return message(opened.study, page.language, "expired", 410)
        if not submission_id and not opened.link.prompt_id:
            again = replace(page, heading="problems_title", note="resend")
            return HTMLResponse(render_form(again), 422)
        first_sent, _ = await self._vault.first_seen(name, self._clock())
        return await self._store(_Submission(opened, name, fields, invented or first_sent, page))

    async def _open(self, request: Request) -> _Opened | None:
        link = await self._vault.link(request.path_params["token"])
        if link is None:
            return None
        study = self._studies.get(link.person.study)
        key = await self._vault.key(link.person.participant)
        return _Opened(link, study, key) if study and key else None

    async def _store(self, sent: _Submission) -> Response:
        reading = read_form(sent.opened.study, sent.fields)
        try:
            if reading.problems:
                await self._quarantine(sent, reading.problems)
                return HTMLResponse(render_form(with_problems(sent.page, reading.problems)), 422)
            await self._submit(sent, reading.answers)
        except NotStored:
            unsaved = replace(sent.page, heading="unsaved_title", note="unsaved")
            return HTMLResponse(render_form(unsaved), 503)
        return message(sent.opened.study, sent.page.language, "thanks", 200)

    async def _submit(self, sent: _Submission, answers: dict[str, RawAnswer]) -> None:
        content = json.dumps(sorted(answers.items()))
        this = replace(sent, version=await self._vault.version(sent.checkin, content))
        await self._intake.take(CHECKINS.name, this.event_id, lambda at: _checkin(this, answers, at))
        await self._vault.acknowledge(this.checkin)

    async def _quarantine(self, sent: _Submission, problems: tuple[Problem, ...]) -> None:
        """Keep, sealed, what our own page cannot have sent."""
        odd = next((problem for problem in problems if problem.reason), None)
        if odd is None or odd.reason is None:
            return
        letter = _letter(sent, odd, self._clock())
        await self._intake.take(
            DEAD_LETTERS.name, letter.event_id, lambda at: letter.model_copy(update={"occurred_at": at})
        )


def _name(link: Link, submission_id: str) -> UUID:
    """The check-in's id: one for ever for a prompt's link, one for each filling-in of a standing link."""
    if link.prompt_id:
        return event_id("link", link.token_hash)
    return event_id("link", link.token_hash, submission_id)


def _envelope(sent: _Submission, at: datetime) -> dict[str, object]:
    person = sent.opened.link.person
    return {
        "event_id": sent.event_id,
        "study": person.study,
        "participant": person.participant,
        "occurred_at": sent.occurred_at,
        "recorded_at": at,
        "zone": person.zone,
    }


def _checkin(sent: _Submission, answers: dict[str, RawAnswer], at: datetime) -> CheckInSubmitted:
    person = sent.opened.link.person

    def kept(answer: RawAnswer) -> Answer:
        if not isinstance(answer, str):
            return answer
        return seal(
            sent.opened.key,
            answer,
            topic=CHECKINS.name,
            participant=person.participant,
            event_id=sent.event_id,
        )

    # Built from its parts, not parsed: a seal that is there already must not be decoded again.
    envelope = Envelope.model_validate(_envelope(sent, at))
    return CheckInSubmitted(
        event_id=envelope.event_id,
        study=envelope.study,
        participant=envelope.participant,
        occurred_at=envelope.occurred_at,
        recorded_at=envelope.recorded_at,
        zone=envelope.zone,
        channel=Channel.WEB,
        language=person.language,
        prompt_id=sent.opened.link.prompt_id,
        version=sent.version,
        corrects=sent.checkin if sent.version > 1 else None,
        answers={item: kept(answer) for item, answer in answers.items()},
    )


def _letter(sent: _Submission, problem: Problem, at: datetime) -> DeadLetter:
    if problem.reason is None:
        raise ValueError("what a person can mend goes to no dead letter")
    participant = sent.opened.link.person.participant
    sealed = seal(
        sent.opened.key,
        json.dumps(sent.fields),
        topic=DEAD_LETTERS.name,
        participant=participant,
        event_id=sent.event_id,
    )
    where = f"item {problem.item}" if problem.item else "a field that is no item of the study"
    return dead_letter(
        topic="form",
        key=participant.encode(),
        value=sealed.model_dump_json().encode(),
        reason=problem.reason,
        detail=f"web form, {where}",
        at=at,
        event=Envelope.model_validate(_envelope(sent, at)),
    )
