"""What Kafka acknowledged: which event, where it is, and a digest of its content."""

from uuid import UUID

from pydantic import NonNegativeInt

from schemas.base import FrozenModel


class Receipt(FrozenModel):
    """An event that Kafka has acknowledged.

    Attributes:
        event_id: The event.
        topic: The topic that it is on.
        partition: Its partition.
        offset: Its offset; -1 if Kafka did not say, as for a repetition that it recognised.
        digest: SHA-256 of the record's value, in hexadecimal.
    """

    event_id: UUID
    topic: str
    partition: NonNegativeInt
    offset: int
    digest: str
