"""`/c/<token>`: show the form and accept what is submitted."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from producers.forms.calls import call_for_help
from producers.forms.feedback import fortnight, picture
from producers.forms.fields import Problem, RawAnswer
from producers.forms.navigation import Turn, first_steps, take_turn
from producers.forms.recent_answers import RecentAnswers, recent_check_in
from producers.forms.rendering import FormPage, render_form, render_message, render_review, with_problems
from producers.forms.submission import Opened, Submission, checkin_name, checkin_of, dead_letter_of
from producers.forms.timing import Times, read_times
from producers.gateway.audit_log import record_refusal
from producers.gateway.help_calls import HelpCalls
from producers.gateway.intake import Intake
from producers.gateway.middleware import read_fields, simulated_at
from producers.gateway.rate_limits import FormLimits
from producers.kafka import PublishFailed
from producers.vault import Vault, VaultUnavailable
from schemas.clock import Clock
from schemas.events import CheckInSubmitted
from schemas.settings import Settings
from schemas.study import Study

_LONGEST_SUBMISSION_ID = 64
_LONGEST_TIME = 40


def message(
    study: Study | None, language: str | None, name: str, status: int, *, call: bool = False
) -> Response:
    """A message page."""
    return HTMLResponse(render_message(study, language, name, call=call), status)


def _too_often(wait: int) -> Response:
    refusal = message(None, None, "too_often", 429)
    refusal.headers["Retry-After"] = str(wait)
    return refusal


class FormRoutes:
    """The form's two routes. `GET` changes nothing; only `POST` does.

    Args:
        settings: Uses `simulation`.
        studies: Every known definition by `id@version`.
        vault: The opened vault.
        intake: Where events go.
        clock: Returns the current time.
        limits: Rate limits.
        recent: Participants' recent check-ins; None if no study shows them.
    """

    def __init__(
        self,
        settings: Settings,
        studies: Mapping[str, Study],
        vault: Vault,
        intake: Intake,
        clock: Clock,
        limits: FormLimits,
        recent: RecentAnswers | None = None,
    ) -> None:
        self._simulation = settings.simulation
        self._studies = studies
        self._vault = vault
        self._intake = intake
        self._calls = HelpCalls(vault, intake)
        self._clock = clock
        self._recent = recent
        self._limits = limits

    async def show(self, request: Request) -> Response:
        """`GET`: the empty form."""
        opened = await self._open(request)
        if isinstance(opened, Response):
            return opened
        language = opened.link.person.language
        if opened.link.prompt_id and await self._vault.ledger.acknowledged(checkin_name(opened.link, "")):
            return message(opened.study, language, "thanks", 200)
        if opened.link.expires_at <= self._clock():
            return _expired(request, opened, call=False)
        return HTMLResponse(render_form(self._page(opened, "", "")))

    async def submit(self, request: Request) -> Response:
        """`POST`: a page of answers. Submitting the same form twice makes one check-in."""
        opened = await self._open(request)
        if isinstance(opened, Response):
            return opened
        try:
            fields = await read_fields(request)
        except HTTPException as error:
            return self._unreadable(request, opened, error.status_code)
        given = dict(fields)
        submission_id = given.get("submission_id", "")[:_LONGEST_SUBMISSION_ID]
        name = checkin_name(opened.link, submission_id)
        invented = simulated_at(given.get("SimulatedAt", "")) if self._simulation else None
        moment = invented or self._clock()
        call = await self._call(opened, name, fields, moment)
        page = self._page(opened, submission_id, given.get("OpenedAt", ""))
        page = replace(page, fields=fields, call=call)
        if await self._vault.ledger.acknowledged(name):
            return await self._again(Submission(opened, name, fields, self._clock()), call=call)
        times = Times() if invented else read_times(fields, opened.link, moment)
        if not times.in_time(opened.link, moment):
            return _expired(request, opened, call=call)
        turn = take_turn(opened.study, fields)
        page = replace(page, steps=turn.steps)
        if not submission_id and not opened.link.prompt_id:
            return HTMLResponse(render_form(replace(page, heading="problems_title", note="resend")), 422)
        sent = Submission(opened, name, fields, moment, times.opened_at, times.started_at)
        if turn.to == "send":
            first_sent, _ = await self._vault.ledger.first_seen(name, self._clock())
            sent = _timed(sent, times, invented or times.occurred_at(first_sent))
        return await self._answer(sent, page, turn)

    async def _call(self, opened: Opened, checkin: UUID, fields: list[tuple[str, str]], at: datetime) -> bool:
        """Whether the free text calls for help; if so, the staff are alerted before anything else is done."""
        rule = call_for_help(opened.study, fields)
        if rule is not None:
            await self._calls.raise_alert(opened.link.person, checkin, rule, at)
        return rule is not None

    async def _open(self, request: Request) -> Opened | Response:
        """The link with its study and key, or the page that says why it cannot be used."""
        link = await self._vault.links.find(request.path_params["token"])
        study = self._studies.get(link.person.study) if link else None
        key = await self._vault.keys.get(link.person.participant) if link else None
        if link is None or study is None or key is None:
            wait = await self._limits.slow_down(request)
            return _too_often(wait) if wait else message(None, None, "unknown", 404)
        if wait := await self._limits.wait(request):
            return _too_often(wait)
        return Opened(link, study, key)

    def _unreadable(self, request: Request, opened: Opened, status: int) -> Response:
        """The response to a body that cannot be parsed: there are no answers to show again."""
        record_refusal(request, participant=opened.link.person.participant)
        if status == 413:
            return message(opened.study, opened.link.person.language, "too_large", status)
        page = replace(self._page(opened, "", ""), heading="problems_title", note="resend")
        return HTMLResponse(render_form(page), status)

    async def _again(self, sent: Submission, *, call: bool) -> Response:
        """The response once the check-in is stored: `thanks` for the same answers again, else `already`."""
        turn = take_turn(sent.opened.study, sent.fields)
        version = await self._vault.ledger.version(sent.checkin, _content(turn.reading.answers))
        same = turn.to == "send" and await self._vault.ledger.acknowledged(
            replace(sent, version=version).event_id
        )
        language = sent.opened.link.person.language
        return message(sent.opened.study, language, "thanks" if same else "already", 200, call=call)

    def _page(self, opened: Opened, submission_id: str, opened_at: str) -> FormPage:
        return FormPage(
            study=opened.study,
            language=opened.link.person.language,
            submission_id=submission_id or secrets.token_urlsafe(12),
            opened_at=opened_at[:_LONGEST_TIME] or self._clock().isoformat(),
            steps=first_steps(opened.study),
        )

    async def _answer(self, sent: Submission, page: FormPage, turn: Turn) -> Response:
        try:
            if turn.reading.problems:
                await self._quarantine(sent, turn.reading.problems)
                return HTMLResponse(render_form(with_problems(page, turn.reading.problems)), 422)
            if turn.to == "review":
                return HTMLResponse(render_review(page, turn.reading))
            if turn.to == "questions":
                return HTMLResponse(render_form(page))
            checkin = await self._submit(sent, turn.reading.answers)
        except (PublishFailed, VaultUnavailable):
            unsaved = replace(page, heading="unsaved_title", note="unsaved")
            return HTMLResponse(render_form(unsaved), 503)
        shown = None if page.call else self._picture(page, checkin)
        return HTMLResponse(render_message(page.study, page.language, "thanks", shown, call=page.call))

    async def _submit(self, sent: Submission, answers: dict[str, RawAnswer]) -> CheckInSubmitted:
        versioned = replace(sent, version=await self._vault.ledger.version(sent.checkin, _content(answers)))
        await self._intake.publish_once(versioned.event_id, lambda at: checkin_of(versioned, answers, at))
        await self._vault.ledger.acknowledge(versioned.checkin)
        return checkin_of(versioned, answers, versioned.occurred_at)

    def _picture(self, page: FormPage, checkin: CheckInSubmitted) -> dict[str, object] | None:
        """The participant's last two weeks, with this check-in even if Kafka has not delivered it yet."""
        if self._recent is None or not self._recent.caught_up or not page.study.form.last_two_weeks:
            return None
        checkins = self._recent.of(checkin.participant)
        checkins[checkin.checkin] = recent_check_in(checkin, page.study)
        last = checkin.occurred_at.astimezone(ZoneInfo(checkin.zone)).date()
        shown = fortnight(page.study, checkins.values(), last)
        return picture(page.study, page.language, shown) if shown else None

    async def _quarantine(self, sent: Submission, problems: tuple[Problem, ...]) -> None:
        """Quarantine, sealed, a form that our own page cannot have sent."""
        impossible = next((problem for problem in problems if problem.reason), None)
        if impossible is None:
            return
        quarantined = dead_letter_of(sent, impossible, self._clock())
        await self._intake.publish_once(
            quarantined.event_id, lambda at: quarantined.model_copy(update={"occurred_at": at})
        )


def _content(answers: dict[str, RawAnswer]) -> str:
    return json.dumps(sorted(answers.items()))


def _expired(request: Request, opened: Opened, *, call: bool) -> Response:
    record_refusal(request, participant=opened.link.person.participant)
    return message(opened.study, opened.link.person.language, "expired", 410, call=call)


def _timed(sent: Submission, times: Times, occurred_at: datetime) -> Submission:
    # A page that was reopened after a first attempt reports a start later than the answer: ignore its times.
    if times.started_at is None or times.started_at > occurred_at:
        return replace(sent, occurred_at=occurred_at, opened_at=None, started_at=None)
    return replace(sent, occurred_at=occurred_at, opened_at=times.opened_at, started_at=times.started_at)
