"""Rows of a file as events. Ids are derived from the file, so importing it again changes nothing."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from producers.imports.rows import Imported
from schemas.base import Channel
from schemas.events import CheckInSubmitted, EnvelopeFields, ParticipantEnrolled, PromptSent
from schemas.identity import event_id, pseudonym_from
from schemas.study import Study

Event = ParticipantEnrolled | PromptSent | CheckInSubmitted


def pseudonym_of(study: Study, person: str) -> str:
    """The pseudonym of a person in a file, the same at every import and in every version of the study."""
    return pseudonym_from("import", study.id, person)


def events_of(rows: Sequence[Imported], study: Study) -> Iterator[Event]:
    """The events of a file: each participant's enrolment, then prompts and answers in the file's order.

    A person's study begins on the waking day of their first prompt or, where the file has study days, on
    study day 1.
    """
    starts: dict[str, date] = {}
    for row in rows:
        first = row.date - timedelta(days=(row.day or 1) - 1)
        starts[row.person] = min(first, starts.get(row.person, first))
    enrolled: set[tuple[str, str]] = set()
    for row in rows:
        if (row.person, row.arm) not in enrolled:
            enrolled.add((row.person, row.arm))
            yield _enrolment(row, study, starts[row.person])
        yield _prompt(row, study, starts[row.person])
        if row.answered is not None:
            yield _checkin(row, study, row.answered)


def _prompt_id(row: Imported, study: Study) -> UUID:
    return event_id("import", study.id, row.person, row.scheduled.isoformat(), str(row.occurrence))


def _envelope(row: Imported, study: Study, name: UUID, at: datetime) -> EnvelopeFields:
    return EnvelopeFields(
        event_id=name,
        study=study.ref,
        participant=pseudonym_of(study, row.person),
        occurred_at=at,
        recorded_at=at,
        zone=row.zone,
    )


def _enrolment(row: Imported, study: Study, start: date) -> ParticipantEnrolled:
    name = event_id("import", study.ref, row.person, "enrolled", row.arm)
    return ParticipantEnrolled(
        **_envelope(row, study, name, row.scheduled),
        arm=row.arm,
        language=row.language,
        start_date=start,
    )


def _prompt(row: Imported, study: Study, start: date) -> PromptSent:
    return PromptSent(
        **_envelope(row, study, _prompt_id(row, study), row.sent),
        channel=Channel.IMPORT,
        scheduled_at=row.scheduled,
        expires_at=row.expires,
        study_day=row.day or (row.date - start).days + 1,
        beep=row.beep,
    )


def _checkin(row: Imported, study: Study, answered: datetime) -> CheckInSubmitted:
    prompt_id = _prompt_id(row, study)
    return CheckInSubmitted(
        **_envelope(row, study, event_id("import", str(prompt_id), "answered"), answered),
        channel=Channel.IMPORT,
        language=row.language,
        started_at=row.started,
        prompt_id=prompt_id,
        answers={**row.answers},
    )
