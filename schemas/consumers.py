"""What a consumer makes of each type of event on its topics: it handles or ignores every one, by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.events import DeadLetter, Event, EventType, Reason
from schemas.topics import Topic

Handled = TypeVar("Handled")


class ContractBroken(TypeError):
    """A consumer's declaration does not match what its topics declare."""


class MisplacedEvent(TypeError):
    """An event on a topic that does not declare its type.

    Attributes:
        reason: For the dead letter.
        detail: The type, and where it does not belong; holds no answers.
        event: The event; None for a dead letter, which is about nobody.
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

    A type that a topic declares and the consumer neither handles nor ignores is refused when the contract is
    made, which is when its module is imported. Name the union of the handled types in the annotation, and
    close the `match` over what `select` returns with `assert_never`:

        CONTRACT: Consumes[MessageReceived | PromptSent] = Consumes("conversation", ...)

    Attributes:
        consumer: Its name, for error messages.
        topics: The topics that it reads.
        handles: The event types that it acts on.
        ignores: The event types that it reads and has no use for.

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


def _names(kinds: Iterable[type]) -> str:
    return ", ".join(sorted(kind.__name__ for kind in kinds))
