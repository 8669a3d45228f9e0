"""Reading a participant's text: from the sealed message to a check-in, or to a dead letter and a reply."""

from datetime import datetime

from schemas.codec import dead_letter, encode
from schemas.events import CheckInSubmitted, DeadLetter, MessageReceived, Reason, ReplyRequested
from schemas.identity import event_id
from schemas.sealing import WrongKey, unseal
from schemas.study import Study
from schemas.topics import MESSAGES
from schemas.words import Channel
from streams.parsing import Parsed, parse

Outcome = CheckInSubmitted | DeadLetter | ReplyRequested


def read_message(message: MessageReceived, key: bytes, study: Study, now: datetime) -> list[Outcome]:
    """What follows from a text: a check-in, or else a dead letter and the request for a helpful reply."""
    try:
        text = unseal(
            key, message.text, topic=MESSAGES.name, participant=message.participant, event_id=message.event_id
        )
    except WrongKey:
        return [letter_for(message, Reason.WRONG_KEY, "the participant's key does not open the text", now)]
    outcome = parse(text, study, message.language)
    if isinstance(outcome, Parsed):
        return [_check_in(message, outcome)]
    reply = ReplyRequested(
        event_id=event_id("reply", str(message.event_id)),
        study=message.study,
        participant=message.participant,
        occurred_at=message.occurred_at,
        recorded_at=now,
        zone=message.zone,
        cause=message.event_id,
        language=message.language,
        reply=outcome.reason.value,
    )
    return [letter_for(message, outcome.reason, outcome.detail, now), reply]


def _check_in(message: MessageReceived, parsed: Parsed) -> CheckInSubmitted:
    return CheckInSubmitted.model_validate(
        {
            "event_id": event_id("parsed", str(message.event_id)),
            "study": message.study,
            "participant": message.participant,
            "occurred_at": message.occurred_at,
            "recorded_at": message.recorded_at,
            "zone": message.zone,
            "channel": Channel.SMS,
            "language": message.language,
            "cause": message.event_id,
            "rule": parsed.rule,
            "answers": parsed.answers,
        }
    )


def letter_for(message: MessageReceived, reason: Reason, detail: str, now: datetime) -> DeadLetter:
    """The dead letter for a text; the words in it stay sealed."""
    return dead_letter(
        topic=MESSAGES.name, key=message.participant.encode(), value=encode(message),
        reason=reason, detail=detail, at=now, event=message,
    )  # fmt: skip
