"""Made events of one participant, or of several who are all alike."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from schemas.base import Channel
from schemas.events import (
    CheckInRetracted,
    CheckInSubmitted,
    Envelope,
    EnvelopeFields,
    ParticipantEnrolled,
    PromptSent,
    caused_by,
)
from schemas.identity import event_id
from schemas.study import Study
from streams.indicators.update import TimelineEvent

WHO = "p-0123456789abcdef"
START = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""08:00 in Brussels on the first study day, a Monday."""
Made = TypeVar("Made", bound=Envelope)
_CAUSES = ("prompt_id", "late_for", "corrects")


def common(study: Study, at: datetime, *name: object) -> EnvelopeFields:
    return EnvelopeFields(
        event_id=event_id("made", study.ref, at.isoformat(), *map(str, name)), study=study.ref,
        participant=WHO, occurred_at=at, recorded_at=at, zone="Europe/Brussels",
    )  # fmt: skip


def enrolled(
    study: Study, who: str = WHO, arm: str = "", at: datetime = START - timedelta(days=1)
) -> ParticipantEnrolled:
    """Somebody whose first study day is that of START, in an arm, by default the study's first one."""
    fields = common(study, at, who, "enrolled")
    fields["participant"] = who
    return ParticipantEnrolled(**fields, arm=arm or study.arms[0].id, language="en", start_date=START.date())


def own(study: Study, at: datetime, **answers: Any) -> CheckInSubmitted:
    """A check-in by the form that names no prompt."""
    return CheckInSubmitted(
        **common(study, at, "answer"), channel=Channel.WEB, language="en", answers=answers
    )


def text(study: Study, at: datetime, **answers: Any) -> CheckInSubmitted:
    """A check-in by a text, which names no prompt."""
    return own(study, at, **answers).model_copy(update={"channel": Channel.SMS})


def asked(
    study: Study, day: int, beep: int, at: datetime | None = None, open_for: timedelta = timedelta(hours=1)
) -> PromptSent:
    """A prompt of a study day, by default four hours after the one before."""
    at = at or START + timedelta(days=day - 1, hours=4 * (beep - 1))
    return PromptSent(
        **common(study, at, "prompt"), channel=Channel.WEB, scheduled_at=at, expires_at=at + open_for,
        study_day=day, beep=beep,
    )  # fmt: skip


def answer_to(study: Study, sent: PromptSent, **answers: Any) -> CheckInSubmitted:
    """The check-in that answers a prompt by its link after five minutes."""
    made = own(study, sent.occurred_at + timedelta(minutes=5), **answers)
    return made.model_copy(update={"prompt_id": sent.event_id})


def prompted(study: Study, day: int, beep: int, **answers: Any) -> list[TimelineEvent]:
    """A prompt of a study day and the check-in that answers it by its link."""
    sent = asked(study, day, beep)
    return [sent, answer_to(study, sent, **answers)]


def corrected(first: CheckInSubmitted, version: int = 2, hand: int = 1, **answers: Any) -> CheckInSubmitted:
    """A later version of a check-in; two of one version, made by two hands, have other ids."""
    name = event_id("made", str(first.event_id), str(version), str(hand))
    changes = {"event_id": name, "version": version, "corrects": first.event_id, "answers": answers}
    return first.model_copy(update=changes)


def retracted(first: CheckInSubmitted, version: int = 2) -> CheckInRetracted:
    """The version of a check-in that takes it back."""
    name = event_id("made", str(first.event_id), str(version), "gone")
    return CheckInRetracted(**caused_by(first, name), version=version, corrects=first.event_id)


def of(event: Made, who: str, later: timedelta = timedelta()) -> Made:
    """The event about somebody else, to whom it happened so much later."""
    changes: dict[str, object] = {"participant": who, "event_id": _of(event.event_id, who)}
    for name in ("occurred_at", "recorded_at", "scheduled_at", "expires_at", "start_date"):
        if hasattr(event, name):
            changes[name] = getattr(event, name) + later
    for name in _CAUSES:
        if cause := getattr(event, name, None):
            changes[name] = _of(cause, who)
    return event.model_copy(update=changes)


def of_everybody(events: Iterable[Made], people: Iterable[str]) -> list[Made]:
    """The events, about each of some people who are all alike."""
    heard = list(events)
    return [of(event, who) for who in people for event in heard]


def _of(name: UUID, who: str) -> UUID:
    return event_id("made", who, str(name))
