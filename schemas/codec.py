"""Encoding and decoding events. Bytes that are not an event are refused with a reason, never guessed at."""

import base64
import hashlib
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from schemas.base import FrozenModel
from schemas.events import SCHEMA_VERSION, DeadLetter, Envelope, Event, Reason
from schemas.events.dead_letters import HEAD, MOST_KEPT, MOST_KEY
from schemas.identity import event_id

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
_DETAIL_LIMIT = 500


class Unreadable(ValueError):
    """Bytes that are not an event known to this release.

    Attributes:
        reason: Why, for a program.
        detail: Why, for a person; names fields, never quotes what was in them.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail[:_DETAIL_LIMIT]


def encode(event: FrozenModel) -> bytes:
    """An event as UTF-8 JSON, without fields that are None."""
    return event.model_dump_json(exclude_none=True).encode()


def decode(raw: bytes | None) -> Event:
    """The event in a record's value. Total: whatever the bytes, it ends in an event or in `Unreadable`.

    Raises:
        Unreadable: With reason `unreadable` (no JSON object), `unknown_type`, `unknown_version`,
            `unknown_field` (from a newer release, say) or `invalid`.
    """
    if raw is None:
        raise Unreadable(Reason.UNREADABLE, "the record has no value")
    try:
        return _ADAPTER.validate_json(raw)
    except ValidationError as error:
        raise _refusal(raw, error) from None
    except Exception as error:
        # A validator of ours that fails in a manner nobody thought of must not stop a consumer.
        raise Unreadable(Reason.INVALID, type(error).__name__) from None


def _refusal(raw: bytes, error: ValidationError) -> Unreadable:
    try:
        content = from_json(raw)  # unlike `json`, it refuses what is nested too deep with a ValueError
    except ValueError:
        return Unreadable(Reason.UNREADABLE, "the value is not JSON in UTF-8")
    if not isinstance(content, dict):
        return Unreadable(Reason.UNREADABLE, "the value is JSON, but not an object")
    return _refusal_of(cast("dict[str, Any]", content), error)


def _refusal_of(content: dict[str, Any], error: ValidationError) -> Unreadable:
    kinds = {problem["type"] for problem in error.errors(include_input=False, include_url=False)}
    if kinds & {"union_tag_invalid", "union_tag_not_found"}:
        return Unreadable(Reason.UNKNOWN_TYPE, "this release does not know this `type`")
    if content.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        return Unreadable(Reason.UNKNOWN_VERSION, f"`schema_version` is not {SCHEMA_VERSION}")
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    where = "; ".join(f"{'.'.join(map(str, p['loc'][1:]))}: {p['type']}" for p in problems[:5])
    reason = Reason.UNKNOWN_FIELD if kinds == {"extra_forbidden"} else Reason.INVALID
    return Unreadable(reason, where)


def dead_letter(
    *,
    topic: str,
    partition: int = -1,
    offset: int = -1,
    key: bytes | None,
    value: bytes | None,
    reason: Reason,
    detail: str,
    at: datetime,
    event: Envelope | None = None,
) -> DeadLetter:
    """The dead letter for a record.

    Its id is derived from the event in it, or else the record's offset, and from the reason: reading the
    record again gives the same dead letter. It is never larger than a record may be (see `DeadLetter`).
    """
    place = str(event.event_id) if event else f"{partition}/{offset}"
    large = len(value or b"") > MOST_KEPT or len(key or b"") > MOST_KEY
    return DeadLetter(
        event_id=event_id("dead", topic, place, reason.value),
        cause=event.event_id if event else None,
        study=event.study if event else None,
        participant=event.participant if event else None,
        occurred_at=at,
        topic=topic,
        partition=partition,
        offset=offset,
        reason=reason,
        detail=detail[:_DETAIL_LIMIT],
        key=_in_base64(key, MOST_KEY),
        value=_in_base64(value, HEAD if large else MOST_KEPT),
        length=len(value or b"") if large else None,
        digest=hashlib.sha256(value or b"").hexdigest() if large else None,
    )


def _in_base64(content: bytes | None, most: int) -> bytes | None:
    return None if content is None else base64.b64encode(content[:most])
