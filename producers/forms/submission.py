"""A submitted form as an event: the check-in, or a dead letter for what our page cannot have sent."""

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
    """A link with what is needed to use it."""

    link: Link
    study: Study
    key: bytes


@dataclass(frozen=True)
class Submission:
    """One filling-in of the form.

    Attributes:
        opened: By which link.
        checkin: The check-in's id.
        fields: Names and values as sent.
        occurred_at: When its first filling-in was answered.
        opened_at: When the page was opened, where that is known.
        started_at: When the first answer was given, or else the page opened.
        version: Above 1 where other answers were sent before and may have been stored.
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
    """The check-in's id: one for ever for a prompt's link, one for each filling-in of a standing link."""
    if link.prompt_id:
        return event_id("link", link.token_hash)
    return event_id("link", link.token_hash, submission_id)


def checkin_of(sent: Submission, answers: dict[str, RawAnswer], at: datetime) -> CheckInSubmitted:
    """The check-in, recorded at that instant; words are sealed."""
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

    return CheckInSubmitted(
        **_envelope(sent, at),
        channel=Channel.WEB,
        language=person.language,
        opened_at=sent.opened_at,
        started_at=sent.started_at,
        prompt_id=sent.opened.link.prompt_id,
        version=sent.version,
        corrects=sent.checkin if sent.version > 1 else None,
        answers={item: kept(answer) for item, answer in answers.items()},
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
    where = f"item {problem.item}" if problem.item else "a field that is no item of the study"
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
