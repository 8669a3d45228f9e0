"""Publishing to Kafka: an idempotent publisher that waits for acknowledgement, and announcing the study."""

from producers.kafka.publisher import Publisher, PublishFailed
from producers.kafka.studies import StudyChanged, announce

__all__ = ["PublishFailed", "Publisher", "StudyChanged", "announce"]
