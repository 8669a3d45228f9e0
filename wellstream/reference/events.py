"""docs/events.md: every type of event, its topic, and the meaning of its fields."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args

from pydantic import BaseModel

from schemas.events import Envelope, Event, EventType
from schemas.topics import TOPICS, Topic
from wellstream.reference.markdown import generated_head, meanings, prose, table

_INTRODUCTION = """\
Events are JSON objects on the [topics](topics.md). The field `type` names the kind of event;
[events.schema.json](events.schema.json) has the types of all fields. A reader refuses a `schema_version` that
it does not know, and the record becomes a [dead letter](#recordquarantined).
"""


def events_page() -> str:
    """The page."""
    parts = [generated_head("Events", "the docstrings in `schemas/events/`"), _INTRODUCTION]
    parts += ["## The envelope\n", prose(Envelope) + "\n", _fields(Envelope, inherited=set())]
    inherited = set(Envelope.model_fields)
    for topic in TOPICS:
        for event in topic.events:
            own = inherited if issubclass(event, Envelope) else set()
            parts += [f"## `{type_of(event)}`\n", prose(event) + "\n", _on(topic), _fields(event, own)]
    parts += ["## Parts of events\n"]
    for part in sorted(parts_of_events(), key=lambda kind: kind.__name__):
        parts += [f"### {part.__name__}\n", prose(part) + "\n", _content(part)]
    return "\n".join(parts)


def event_classes() -> tuple[EventType, ...]:
    """The class of every event."""
    return tuple(get_args(get_args(Event)[0]))


def type_of(event: EventType) -> str:
    """The value of an event's field `type`."""
    return str(event.model_fields["type"].default)


def _on(topic: Topic) -> str:
    return f"Topic: [`{topic.name}`](topics.md#{re.sub('[^a-z0-9-]', '', topic.name)})\n"


def _fields(kind: type[BaseModel], inherited: set[str]) -> str:
    known = meanings(kind)
    rows = [
        (f"`{name}`", "yes" if field.is_required() else "", known.get(name, ""))
        for name, field in kind.model_fields.items()
        if name not in inherited and name != "type"
    ]
    return table(("field", "required", "meaning"), rows) + "\n"


def _content(part: type[BaseModel] | type[StrEnum]) -> str:
    if issubclass(part, StrEnum):
        return ", ".join(f"`{value}`" for value in part) + "\n"
    return _fields(part, inherited=set())


def parts_of_events() -> set[type[BaseModel] | type[StrEnum]]:
    """The models and enumerations that the events' fields are made of."""
    found: set[type[BaseModel] | type[StrEnum]] = set()
    waiting: list[type[BaseModel]] = list(event_classes())
    while waiting:
        for field in waiting.pop().model_fields.values():
            for kind in _types(field.annotation):
                if kind in found or not issubclass(kind, BaseModel | StrEnum):
                    continue
                if not kind.__module__.startswith("schemas.events"):
                    continue
                found.add(kind)
                if issubclass(kind, BaseModel):
                    waiting.append(kind)
    return found


def _types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _types(argument)
