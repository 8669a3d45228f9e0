"""A submitted form as an event: a check-in, or a dead letter for fields that our page cannot have sent."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from producers.forms.fields import Problem, RawAnswer
from producers.vault import Link
from schemas.base import Channel
from schemas.codec import dead_letter
from schemas.events import Answer, CheckInSubmitted, DeadLetter, Envelope, EnvelopeFields
from schemas.identity import event_id
from schemas.sealing import seal
from schemas.study import Study
from schemas.topics import CHECKINS, DEAD_LETTERS


@dataclass(frozen=True)
class Opened:
    """An opened link, with its study and the participant's key."""

    link: Link
    study: Study
    key: bytes


@dataclass(frozen=True)
class Submission:
    """One submission of the form.

    Attributes:
        opened: The link that it came through.
        checkin: The check-in's id.
        fields: Names and values as sent.
        occurred_at: When the first version was answered.
        opened_at: When the page was opened, if known.
        started_at: When the first answer was given or, if unknown, when the page was opened.
        version: Above 1 if different answers were sent before and may have been stored.
    """

    opened: Opened
    checkin: UUID
    fields: list[tuple[str, str]]
    occurred_at: datetime
    opened_at: datetime | None = None
    started_at: datetime | None = None
    version: int = 1

    @property
    def event_id(self) -> UUID:
        """The event's id."""
        return (
            self.checkin if self.version == 1 else event_id("version", str(self.checkin), str(self.version))
        )


def checkin_name(link: Link, submission_id: str) -> UUID:
    """The check-in's id: fixed for a prompt's link, new with each submission of a standing link."""
    if link.prompt_id:
        return event_id("link", link.token_hash)
    return event_id("link", link.token_hash, submission_id)


def checkin_of(sent: Submission, answers: dict[str, RawAnswer], at: datetime) -> CheckInSubmitted:
    """The check-in as recorded at an instant, with free text sealed."""
    person = sent.opened.link.person

    def sealed_text(answer: RawAnswer) -> Answer:
        if not isinstance(answer, str):
            return answer
        return seal(
            sent.opened.key,
            answer,
            topic=CHECKINS.name,
            participant=person.participant,
            event_id=sent.event_id,
        )

    return CheckInSubmitted(
        **_envelope(sent, at),
        channel=Channel.WEB,
        language=person.language,
        opened_at=sent.opened_at,
        started_at=sent.started_at,
        prompt_id=sent.opened.link.prompt_id,
        version=sent.version,
        corrects=sent.checkin if sent.version > 1 else None,
        answers={item: sealed_text(answer) for item, answer in answers.items()},
    )


def dead_letter_of(sent: Submission, problem: Problem, at: datetime) -> DeadLetter:
    """The dead letter, with all fields sealed.

    Raises:
        ValueError: The problem is one that the participant can correct.
    """
    if problem.reason is None:
        raise ValueError("a problem that the participant can correct is not quarantined")
    participant = sent.opened.link.person.participant
    sealed = seal(
        sent.opened.key,
        json.dumps(sent.fields),
        topic=DEAD_LETTERS.name,
        participant=participant,
        event_id=sent.event_id,
    )
    where = f"item {problem.item}" if problem.item else "a field that is not an item of the study"
    return dead_letter(
        topic="form",
        key=participant.encode(),
        value=sealed.model_dump_json().encode(),
        reason=problem.reason,
        detail=f"web form, {where}",
        at=at,
        event=Envelope(**_envelope(sent, at)),
    )


def _envelope(sent: Submission, at: datetime) -> EnvelopeFields:
    return sent.opened.link.person.envelope(sent.event_id, sent.occurred_at, at)
