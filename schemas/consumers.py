"""Which types of event on its topics a consumer handles and which it ignores: each one is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.codec import Unreadable, decode
from schemas.events import DeadLetter, Event, EventType, Reason
from schemas.topics import Topic

Handled = TypeVar("Handled")


class ContractBroken(TypeError):
    """A consumer's declaration does not match what its topics declare."""


class MisplacedEvent(TypeError):
    """An event on a topic that does not declare its type.

    Attributes:
        reason: The dead letter's reason.
        detail: The type, and the topics where it does not belong; contains no answers.
        event: The event; None if it is itself a dead letter.
    """

    def __init__(self, event: Event, topics: Iterable[Topic]) -> None:
        names = ", ".join(topic.name for topic in topics)
        self.reason = Reason.UNEXPECTED
        self.detail = f"{event.type} does not belong on any of {names}"
        self.event = None if isinstance(event, DeadLetter) else event
        super().__init__(self.detail)


@dataclass(frozen=True)
class Consumes(Generic[Handled]):
    """The topics that a consumer reads, and what it does with each type of event on them.

    If a topic declares a type that the consumer neither handles nor ignores, creating the contract fails, and
    so does importing its module. Name the union of the handled types in the annotation, and
    close the `match` over what `select` returns with `assert_never`:

        CONTRACT: Consumes[MessageReceived | PromptSent] = Consumes("conversation", ...)

    Attributes:
        consumer: Its name, for error messages.
        topics: The topics that it reads.
        handles: The event types that it acts on.
        ignores: The event types that it reads but does not need.

    Raises:
        ContractBroken: A type on the topics is neither handled nor ignored, or is both, or a named type is on
            none of the topics.
    """

    consumer: str
    topics: tuple[Topic, ...]
    handles: tuple[type[Handled], ...]
    ignores: tuple[EventType, ...] = ()

    def __post_init__(self) -> None:
        declared = {kind for topic in self.topics for kind in topic.events}
        handled, ignored = set[type](self.handles), set[type](self.ignores)
        for problem, kinds in (
            ("neither handles nor ignores", declared - handled - ignored),
            ("both handles and ignores", handled & ignored),
            ("names, but reads no topic that declares", (handled | ignored) - declared),
        ):
            if kinds:
                raise ContractBroken(f"the consumer {self.consumer} {problem}: {_names(kinds)}")

    def select(self, event: Event) -> Handled | None:
        """The event if this consumer handles it, None if it ignores it.

        Raises:
            MisplacedEvent: None of the consumer's topics declares this type of event.
        """
        if isinstance(event, self.handles):
            return event
        if isinstance(event, self.ignores):
            return None
        raise MisplacedEvent(event, self.topics)

    def read(self, value: bytes | None) -> Handled | None:
        """The event in a record's value, for a consumer that leaves quarantine to another one.

        None if it ignores the event, if the bytes are none, or if none of its topics declares the event.
        """
        try:
            return self.select(decode(value))
        except (Unreadable, MisplacedEvent):
            return None


def _names(kinds: Iterable[type]) -> str:
    return ", ".join(sorted(kind.__name__ for kind in kinds))
