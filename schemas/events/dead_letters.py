"""Records that could not be read or used."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, Field, StringConstraints

from schemas.base import Count, FrozenModel, Instant, Pseudonym, StudyRef
from schemas.events.envelope import SCHEMA_VERSION

MOST_KEPT = 512 * 1024
MOST_KEY = 1024
"""Bytes of a record that its dead letter keeps; in base64 a third more, and well below a record's limit."""

HEAD = 64 * 1024
"""Bytes at the beginning of a value that are kept where the whole is larger than `MOST_KEPT`."""


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
    """A record that could not be read or used, quarantined so that it can be replayed.

    A record is kept unchanged up to `MOST_KEPT` bytes of value and `MOST_KEY` of key. Of a larger one, whose
    dead letter would itself be too large for Kafka, its beginning, length and digest are kept; the whole
    record stays on its topic at the offset named, for as long as that topic keeps its records.

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
        key, value: The record's key and value, or their beginning; either may be None.
        length, digest: Number of bytes of the whole value and their SHA-256; None if `value` is whole.
    """

    event_id: UUID
    schema_version: Literal[1] = SCHEMA_VERSION
    type: Literal["record.quarantined"] = "record.quarantined"
    cause: UUID | None = None
    study: StudyRef | None = None
    participant: Pseudonym | None = None
    occurred_at: Instant
    topic: Annotated[str, StringConstraints(max_length=249)]
    partition: Annotated[int, Field(ge=-1, le=2**31 - 1)] = -1
    offset: Annotated[int, Field(ge=-1, le=2**63 - 1)] = -1
    reason: Reason
    detail: Annotated[str, StringConstraints(max_length=500)]
    key: Base64Bytes | None = None
    value: Base64Bytes | None = None
    length: Count | None = None
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None

    @property
    def whole(self) -> bool:
        """Whether the record's value is kept whole, so that it can be replayed."""
        return self.length is None
