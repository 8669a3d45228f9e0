"""What every event carries, and the seal on a participant's own words."""

from typing import Final, Literal
from uuid import UUID

from pydantic import Base64Bytes

from schemas.base import FrozenModel, Instant, Pseudonym, StudyRef, Zone

SCHEMA_VERSION: Final = 1


class Envelope(FrozenModel):
    """What every event about a participant carries.

    Attributes:
        event_id: Follows from the cause; the same cause has the same id.
        schema_version: Version of the words, 1 today.
        study: The definition in force, `id@version`.
        participant: Pseudonym; also the record's key.
        occurred_at: When it happened to the person: event time.
        recorded_at: When this system first took note of it.
        zone: The participant's time zone at that moment.
    """

    event_id: UUID
    schema_version: Literal[1] = SCHEMA_VERSION
    study: StudyRef
    participant: Pseudonym
    occurred_at: Instant
    recorded_at: Instant
    zone: Zone


class Sealed(FrozenModel):
    """Words that only the participant's key opens: AES-256-GCM, bound to topic, participant and event."""

    nonce: Base64Bytes
    ciphertext: Base64Bytes
