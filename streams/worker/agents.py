"""The work of the two agents: plain functions of a batch of events and of ports.

Both may be called again with the same events: the events that they send then have the same ids.
"""

import asyncio
from collections.abc import Sequence

from schemas.clock import Clock
from schemas.codec import dead_letter, encode
from schemas.consumers import Consumes
from schemas.events import (
    DayPlanned,
    DeadLetter,
    Event,
    MessageReceived,
    PromptClosed,
    PromptSent,
    Reason,
    SupportDecided,
)
from schemas.topics import MESSAGES, PROMPTS, topic_of
from streams.conversation.prompts import remember_prompt
from streams.conversation.reading import read_message
from streams.conversation.state import Conversation
from streams.indicators.update import TIMELINE, State, TimelineEvent, absorb, updates
from streams.worker.ports import Keys, Sender, States, Studies

CONVERSATION: Consumes[MessageReceived | PromptSent] = Consumes(
    "conversation",
    (MESSAGES, PROMPTS),
    handles=(MessageReceived, PromptSent),
    ignores=(DayPlanned, PromptClosed, SupportDecided),
)


async def converse(
    events: Sequence[Event], states: States, studies: Studies, keys: Keys, send: Sender, clock: Clock
) -> None:
    """Answer texts, and remember the prompts that they may answer.

    Raises:
        MisplacedEvent: An event is of a type that does not belong on these topics.
        SendFailed: Kafka did not accept the resulting events.
    """
    handled = [event for one in events if (event := CONVERSATION.select(one)) is not None]
    versions = await studies.having({event.study for event in handled})
    outgoing: list[Event] = []
    changed: dict[str, Conversation] = {}
    # Texts and prompts arrive on two topics, in no order relative to each other.
    for event in sorted(handled, key=lambda event: event.occurred_at):
        participant = event.participant
        if event.study not in versions:
            if isinstance(event, MessageReceived):  # the other agent quarantines prompts
                outgoing.append(unknown_study(event, clock))
            continue
        state = changed.get(participant) or Conversation.model_validate(states.get(participant) or {})
        if isinstance(event, PromptSent):
            changed[participant] = remember_prompt(state, event, versions[event.study])
            continue
        key = await keys.key(participant)
        changed[participant], outcomes = read_message(state, event, key, versions[event.study], clock())
        outgoing += outcomes
    # Send before saving the state: a crash in between then repeats events with the same ids, whereas in the
    # other order it would lose them.
    await send(outgoing)
    await states.keep({name: state.model_dump(mode="json") for name, state in changed.items()})
    await send([])


async def compute(
    events: Sequence[Event], states: States, studies: Studies, send: Sender, clock: Clock
) -> None:
    """Update the indicators at the check-ins that the events touch.

    Raises:
        MisplacedEvent: An event is of a type that does not belong on these topics.
        SendFailed: Kafka did not accept the resulting events.
    """
    handled = [event for one in events if (event := TIMELINE.select(one)) is not None]
    versions = await studies.having({event.study for event in handled})
    outgoing: list[Event] = []
    news: dict[str, list[TimelineEvent]] = {}
    for event in handled:
        if event.study in versions:
            news.setdefault(event.participant, []).append(event)
        else:
            outgoing.append(unknown_study(event, clock))
    changed: dict[str, State] = {}
    for participant, theirs in news.items():
        changed[participant], history, affected = absorb(states.get(participant), theirs, versions)
        outgoing += updates(participant, history, affected, versions)
        await asyncio.sleep(0)  # a backlog takes long: let the worker say meanwhile that it works
    # Here the state may be saved first: `absorb` counts repeated events as new, so a retry sends the same.
    await states.keep(changed)
    await send(outgoing)


def unknown_study(event: MessageReceived | TimelineEvent, clock: Clock) -> DeadLetter:
    """The dead letter for an event of a study that was never announced."""
    return dead_letter(
        topic=topic_of(event).name, key=event.participant.encode(), value=encode(event),
        reason=Reason.UNKNOWN_STUDY, detail=f"no definition of {event.study} was announced", at=clock(),
        event=event,
    )  # fmt: skip
