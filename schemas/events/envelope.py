"""The envelope of every event, and sealed free text."""

from datetime import datetime
from typing import Final, Literal, TypedDict
from uuid import UUID

from pydantic import Base64Bytes

from schemas.base import FrozenModel, Instant, Pseudonym, StudyRef, Zone

SCHEMA_VERSION: Final = 1


class Envelope(FrozenModel):
    """The fields that every event about a participant has.

    Attributes:
        event_id: Derived from the cause: the same cause always yields the same id.
        schema_version: Version of the schema, 1 at present.
        study: The study definition in force, as `id@version`.
        participant: The participant's pseudonym; also the record's key.
        occurred_at: When it happened (event time).
        recorded_at: When wellstream first recorded it.
        zone: The participant's time zone at that moment.
    """

    event_id: UUID
    schema_version: Literal[1] = SCHEMA_VERSION
    study: StudyRef
    participant: Pseudonym
    occurred_at: Instant
    recorded_at: Instant
    zone: Zone


class EnvelopeFields(TypedDict):
    """An envelope's fields, for the constructor of an event: `PromptClosed(**fields, prompt_id=...)`."""

    event_id: UUID
    study: StudyRef
    participant: Pseudonym
    occurred_at: datetime
    recorded_at: datetime
    zone: Zone


def caused_by(
    cause: Envelope,
    event_id: UUID,
    *,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> EnvelopeFields:
    """The envelope of an event caused by another one: same study, participant and zone.

    Args:
        cause: The event that caused it.
        event_id: Its own id, which must be derived from the cause (`schemas.identity.event_id`).
        occurred_at: When it happened, if not when its cause did.
        recorded_at: When it was recorded, if not when its cause was.
    """
    return EnvelopeFields(
        event_id=event_id,
        study=cause.study,
        participant=cause.participant,
        occurred_at=occurred_at or cause.occurred_at,
        recorded_at=recorded_at or cause.recorded_at,
        zone=cause.zone,
    )


class Sealed(FrozenModel):
    """Text that only the participant's key can open: AES-256-GCM, bound to topic, participant and event.

    Attributes:
        nonce: The nonce, in base64.
        ciphertext: The ciphertext with its tag, in base64.
    """

    nonce: Base64Bytes
    ciphertext: Base64Bytes
