"""The work of the two agents: plain functions of a batch of events and of what they need of the world.

Both may be called again with events that they have worked on: what follows has the same ids.
"""

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
        SendFailed: Kafka does not take what follows.
    """
    handled = [event for one in events if (event := CONVERSATION.select(one)) is not None]
    versions = await studies.having({event.study for event in handled})
    outgoing: list[Event] = []
    changed: dict[str, Conversation] = {}
    # Texts and prompts come by two topics, in no order between them.
    for event in sorted(handled, key=lambda event: event.occurred_at):
        who = event.participant
        if event.study not in versions:
            if isinstance(event, MessageReceived):  # the other agent quarantines prompts
                outgoing.append(unknown_study(event, clock))
            continue
        state = changed.get(who) or Conversation.model_validate(states.get(who) or {})
        if isinstance(event, PromptSent):
            changed[who] = remember_prompt(state, event, versions[event.study])
            continue
        key = await keys.key(who)
        changed[who], outcomes = read_message(state, event, key, versions[event.study], clock())
        outgoing += outcomes
    # What follows first, then the state that knows of it: a crash in between repeats events with the
    # same ids, whereas the other way round they would be missing.
    await send(outgoing)
    await states.keep({who: state.model_dump(mode="json") for who, state in changed.items()})
    await send([])


async def compute(
    events: Sequence[Event], states: States, studies: Studies, send: Sender, clock: Clock
) -> None:
    """Update the indicators at the check-ins that the events touch.

    Raises:
        MisplacedEvent: An event is of a type that does not belong on these topics.
        SendFailed: Kafka does not take what follows.
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
    for who, theirs in news.items():
        changed[who], history, affected = absorb(states.get(who), theirs, versions)
        outgoing += updates(who, history, affected, versions)
    # The state may be kept first: it counts repeated events as news, and so repeats what follows from them.
    await states.keep(changed)
    await send(outgoing)


def unknown_study(event: MessageReceived | TimelineEvent, clock: Clock) -> DeadLetter:
    """The dead letter for an event of a study that was never announced."""
    return dead_letter(
        topic=topic_of(event).name, key=event.participant.encode(), value=encode(event),
        reason=Reason.UNKNOWN_STUDY, detail=f"no definition of {event.study} was announced", at=clock(),
        event=event,
    )  # fmt: skip
