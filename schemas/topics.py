"""Every Kafka topic, declared once: its name, what it is keyed by, and how long it is kept.

Kafka is the record: everything that the store's rows are made from is kept for ever, so that they can be
rebuilt.

All participant topics have the same number of partitions and are keyed by the pseudonym, so that everything
about one participant is on one partition, in order. The number is fixed for ever: changing it would send a
participant's later events to a different partition.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from schemas.events import (
    AlertRaised,
    AlertSuperseded,
    CheckInRetracted,
    CheckInSubmitted,
    ConsentChanged,
    DayPlanned,
    DeadLetter,
    DeliveryReported,
    Event,
    EventType,
    IndicatorsUpdated,
    LanguageChosen,
    MessageClassified,
    MessageReceived,
    ParticipantEnrolled,
    PauseChanged,
    PromptClosed,
    PromptRequested,
    PromptSent,
    ReplyRequested,
    SafetyAttended,
    SafetyRaised,
    SupportDecided,
)

PARTITIONS = 12

_DAY_MS = 24 * 60 * 60 * 1000
_FOR_EVER_MS = -1

Kept = Literal["always", "record"] | int
"""How long a topic is kept: for ever; for ever unless the settings say how many days; or a number of days."""


@dataclass(frozen=True)
class Topic:
    """A topic as it is created.

    Attributes:
        name: The topic's name, with its version.
        holds: What it holds, in one sentence.
        events: The types of event on it; every type is on exactly one topic. None for definitions.
        keyed_by: What the record's key is.
        kept: How long records are kept. `record`: the store's rows are rebuilt from it, so it is kept for
            ever, or for `WELLSTREAM_RECORD_RETENTION_DAYS` if that is set. `always`: for ever even
            then, because later records cannot be read without it. A number: that many days.
        partitions: Its number of partitions.
    """

    name: str
    holds: str
    events: tuple[EventType, ...] = ()
    keyed_by: str = "pseudonym"
    kept: Kept = "record"
    partitions: int = PARTITIONS

    def retention_days(self, record_days: int | None = None) -> int | None:
        """For how many days records are kept; None for ever.

        Args:
            record_days: For how many days this installation keeps the record; None for ever.
        """
        if isinstance(self.kept, int):
            return self.kept
        return record_days if self.kept == "record" else None

    def config(self, record_days: int | None = None) -> dict[str, str]:
        """The topic's settings under Kafka's names."""
        days = self.retention_days(record_days)
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(_FOR_EVER_MS if days is None else days * _DAY_MS),
            "max.message.bytes": str(1_048_576),
            # On the disk before it is acknowledged: otherwise a loss of power takes back what Kafka has
            # acknowledged since the operating system last wrote.
            "flush.messages": "1",
        }


MESSAGES = Topic(
    "inbound.messages.v1", "A text that a participant sent; its words are sealed.", (MessageReceived,)
)
CHECKINS = Topic(
    "checkins.v1", "A participant's answers at one moment.", (CheckInSubmitted, CheckInRetracted)
)
PROMPTS = Topic(
    "prompts.v1",
    "The plan of a participant's day, and how each prompt ended.",
    (DayPlanned, PromptSent, PromptClosed, SupportDecided),
)
CONVERSATION = Topic(
    "conversation.v1",
    "How each of a participant's texts was classified; none of its words.",
    (MessageClassified,),
)
PARTICIPANTS = Topic(
    "participants.v1",
    "A participant's arm, language, time zone, start date and pauses, with every change.",
    (ParticipantEnrolled, LanguageChosen, PauseChanged),
    kept="always",
)
CONSENTS = Topic("consent.v1", "Consent given, stopped or withdrawn.", (ConsentChanged,), kept="always")
INDICATORS = Topic(
    "indicators.v1",
    "A participant's rolling indicators at one check-in; `wellstream rebuild` recomputes them.",
    (IndicatorsUpdated,),
    kept=400,
)
ALERTS = Topic("alerts.v1", "A chart's alert, and what superseded it.", (AlertRaised, AlertSuperseded))
SAFETY = Topic(
    "safety.alerts.v1",
    "A participant's words need staff's attention, none of the words; and who attended to it.",
    (SafetyRaised, SafetyAttended),
)
TEXTS = Topic(
    "outbound.texts.v1",
    "A prompt or reply to send to a participant; it names a text and contains no answers.",
    (PromptRequested, ReplyRequested),
    kept=3,
)
DELIVERY_REPORTS = Topic(
    "outbound.delivery-reports.v1",
    "The status of a text to a participant.",
    (DeliveryReported,),
)
# Not compacted: if two definitions claim the same `id@version`, the first holds; compaction keeps the last.
STUDIES = Topic(
    "studies.v1",
    "Study definitions.",
    keyed_by="id@version",
    kept="always",
    partitions=1,
)
DEAD_LETTERS = Topic(
    "dead.letter.v1",
    "Records that could not be read or used, with the reason.",
    (DeadLetter,),
    keyed_by="key of the record that failed",
)

TOPICS: tuple[Topic, ...] = (
    MESSAGES,
    CHECKINS,
    PROMPTS,
    CONVERSATION,
    PARTICIPANTS,
    CONSENTS,
    INDICATORS,
    ALERTS,
    SAFETY,
    TEXTS,
    DELIVERY_REPORTS,
    STUDIES,
    DEAD_LETTERS,
)


def topic_of(event: Event) -> Topic:
    """The topic that an event belongs on."""
    return _TOPIC_OF[type(event)]


def declared_topics(topics: Iterable[Topic], types: Iterable[EventType]) -> Mapping[EventType, Topic]:
    """The topic that declares each of the event types.

    Raises:
        TypeError: A type is declared by no topic, or by two.
    """
    found: dict[EventType, Topic] = {}
    for topic in topics:
        for kind in topic.events:
            if kind in found:
                raise TypeError(f"both {found[kind].name} and {topic.name} declare {kind.__name__}")
            found[kind] = topic
    homeless = sorted(kind.__name__ for kind in set(types) - set(found))
    if homeless:
        raise TypeError(f"no topic declares {', '.join(homeless)}")
    return found


_TOPIC_OF = declared_topics(TOPICS, get_args(get_args(Event)[0]))
