"""docs/topics.md: every topic, what it holds, and how long."""

from schemas.topics import TOPICS, Topic
from wellstream.reference.markdown import generated_head, table

_INTRODUCTION = """\
Kafka is the record; the store is derived from it. `wellstream topics` creates the topics and shows where
their settings differ from this page; `wellstream topics --apply` corrects them. Events are keyed by the
participant's pseudonym, so everything about one participant is in order on one partition.
[events.md](events.md) describes the events.
"""


def topics_page() -> str:
    """The page."""
    parts = [generated_head("Topics", "`schemas/topics.py`"), _INTRODUCTION]
    for topic in TOPICS:
        rows = [
            ("events", ", ".join(_link(name) for name in event_types(topic)) or "study definitions, as JSON"),
            ("key", topic.keyed_by),
            ("kept", _kept(topic)),
            ("partitions", str(topic.partitions)),
        ]
        parts += [f"## `{topic.name}`\n", topic.holds + "\n", table(("", ""), rows) + "\n"]
    return "\n".join(parts)


def event_types(topic: Topic) -> list[str]:
    """The types of event on a topic, as the field `type` has them."""
    return [str(event.model_fields["type"].default) for event in topic.events]


def _kept(topic: Topic) -> str:
    if topic.kept == "record":
        return "for ever, unless `WELLSTREAM_RECORD_RETENTION_DAYS` says how many days"
    return "for ever" if topic.kept == "always" else f"{topic.kept} days"


def _link(name: str) -> str:
    return f"[`{name}`](events.md#{name.replace('.', '')})"
