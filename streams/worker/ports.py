"""The agents' ports: a sender, a table of states, the studies and the keys."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from schemas.events import Event
from schemas.study.versions import Versions


class SendFailed(RuntimeError):
    """Kafka did not accept the events that result from a batch.

    This is not the batch's fault, so none of its events is quarantined.
    """


class Sender(Protocol):
    """Sends events, each to its own topic."""

    async def __call__(self, events: Sequence[Event]) -> None:
        """Send the events, and return when Kafka has them and every state saved before.

        Raises:
            SendFailed: Kafka did not accept all of them.
        """


class States(Protocol):
    """One state for each participant, as JSON."""

    def get(self, participant: str) -> Any:
        """The state saved last; None if there is none."""

    async def keep(self, states: Mapping[str, Any]) -> None:
        """Save states; Kafka has them once the next send returns.

        Raises:
            SendFailed: Kafka is unavailable.
        """


class Studies(Protocol):
    """The announced definitions."""

    async def having(self, refs: Iterable[str]) -> Versions:
        """The definitions; one of `refs` is missing only if it was never announced.

        Raises:
            SendFailed: Kafka is unavailable.
        """


class Keys(Protocol):
    """Participants' keys."""

    async def key(self, participant: str) -> bytes | None:
        """The participant's key; None if it was destroyed. Waits while the vault is unavailable."""
