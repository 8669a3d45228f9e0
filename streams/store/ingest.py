"""From records to rows: decode, project, and a dead letter for what cannot be read."""

from collections.abc import Sequence

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from schemas.clock import now
from schemas.codec import Unreadable, dead_letter, decode, encode
from schemas.events import DeadLetter, Reason
from schemas.study import Study
from schemas.topic_log import Partition
from schemas.topic_rights import RIGHTS
from schemas.topics import DEAD_LETTERS, STUDIES, Topic
from streams.store.projection import project, project_study
from streams.store.schema import Rows

STORED: tuple[Topic, ...] = RIGHTS["store"].reads
"""Every topic that the store may read: it keeps all of them."""


def rows_of(records: Sequence[ConsumerRecord]) -> tuple[Rows, list[DeadLetter]]:
    """The rows of a batch, and a dead letter for each record that cannot be read.

    A record without a value is a tombstone and gives neither.
    """
    rows: Rows = {}
    letters: list[DeadLetter] = []
    for record in records:
        if record.value is None:
            continue
        try:
            found = _project(record)
        except Unreadable as refusal:
            letter = dead_letter(
                topic=record.topic, partition=record.partition, offset=record.offset, key=record.key,
                value=record.value, reason=refusal.reason, detail=refusal.detail, at=now(),
            )  # fmt: skip
            # One that lies among the dead letters already must not make another one.
            if record.topic != DEAD_LETTERS.name:
                letters.append(letter)
            found = {}
        for name, more in found.items():
            rows.setdefault(name, []).extend(more)
    return rows, letters


def _project(record: ConsumerRecord) -> Rows:
    try:
        if record.topic != STUDIES.name:
            return project(decode(record.value))
        return project_study(Study.model_validate_json(record.value))
    except Unreadable:
        raise
    except ValidationError:
        raise Unreadable(Reason.INVALID, "not a study definition") from None
    except Exception as error:
        # Whatever is wrong with one record, those beside it are stored.
        raise Unreadable(Reason.INVALID, type(error).__name__) from None


def reached(records: Sequence[ConsumerRecord]) -> dict[Partition, int]:
    """The offsets to go on from after a batch."""
    return {(r.topic, r.partition): r.offset + 1 for r in records}


def begun(records: Sequence[ConsumerRecord]) -> dict[Partition, int]:
    """The lowest offset of each partition in a batch."""
    return {(r.topic, r.partition): r.offset for r in reversed(records)}


def encoded(letters: Sequence[DeadLetter]) -> list[tuple[bytes | None, bytes]]:
    """Dead letters as records: key and value."""
    return [(letter.key, encode(letter)) for letter in letters]
