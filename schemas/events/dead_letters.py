"""Records that could not be read or used."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, StringConstraints

from schemas.base import FrozenModel, Instant, Pseudonym, StudyRef
from schemas.events.envelope import SCHEMA_VERSION


class Reason(StrEnum):
    """Why a record is a dead letter."""

    UNREADABLE = "unreadable"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_FIELD = "unknown_field"
    INVALID = "invalid"
    UNKNOWN_STUDY = "unknown_study"
    UNKNOWN_ITEM = "unknown_item"
    OUT_OF_RANGE = "out_of_range"
    NOT_UNDERSTOOD = "not_understood"
    AMBIGUOUS = "ambiguous"
    KEY_DESTROYED = "key_destroyed"
    WRONG_KEY = "wrong_key"
    UNEXPECTED = "unexpected"


class DeadLetter(FrozenModel):
    """A record that could not be read or used, quarantined unchanged so that it can be replayed.

    Attributes:
        event_id: Derived from the record's place and the reason.
        schema_version: Version of the schema, 1 at present.
        cause: `event_id` of the event in the record, where it could be read.
        study, participant: Those of the event in the record, where they could be read.
        occurred_at: When it was quarantined.
        topic, partition, offset: Where the record was read; partition and offset are -1 if it never reached
            a topic (a form that the gateway refused).
        reason: Why, for programs.
        detail: Why, for people; contains no answers.
        key, value: The record's key and value, unchanged; either may be None.
    """

    event_id: UUID
    schema_version: Literal[1] = SCHEMA_VERSION
    type: Literal["record.quarantined"] = "record.quarantined"
    cause: UUID | None = None
    study: StudyRef | None = None
    participant: Pseudonym | None = None
    occurred_at: Instant
    topic: str
    partition: int = -1
    offset: int = -1
    reason: Reason
    detail: Annotated[str, StringConstraints(max_length=500)]
    key: Base64Bytes | None = None
    value: Base64Bytes | None = None
