"""Who may read and write which topic, declared once: each service is a Kafka user, with its rights alone.

Commands, the simulator and the creation of topics use the user `operator`, who may do everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.topics import (
    ALERTS,
    CHECKINS,
    CONSENTS,
    CONVERSATION,
    DEAD_LETTERS,
    DELIVERY_REPORTS,
    INDICATORS,
    MESSAGES,
    PARTICIPANTS,
    PROMPTS,
    SAFETY,
    STUDIES,
    TEXTS,
    Topic,
)

OPERATOR = "operator"

WORKER_GROUP = "wellstream"
DISPATCHER_GROUP = "wellstream-dispatcher"


@dataclass(frozen=True)
class Rights:
    """What a service may do with Kafka; everything else is refused.

    Attributes:
        reads: The topics that it may read.
        writes: The topics that it may write.
        group: Its consumer group; None if it reads without one.
        tables: The beginning of the names of topics in which it keeps tables of its own.
    """

    reads: tuple[Topic, ...]
    writes: tuple[Topic, ...] = ()
    group: str | None = None
    tables: str | None = None


RIGHTS: Mapping[str, Rights] = MappingProxyType(
    {
        "gateway": Rights(
            reads=(TEXTS, CONSENTS, PARTICIPANTS, CHECKINS, STUDIES),
            writes=(
                MESSAGES, CHECKINS, PARTICIPANTS, CONSENTS, DELIVERY_REPORTS, PROMPTS, SAFETY, STUDIES,
                DEAD_LETTERS,
            ),
            group=DISPATCHER_GROUP,
        ),
        "worker": Rights(
            reads=(MESSAGES, PROMPTS, CHECKINS, STUDIES),
            writes=(
                CONVERSATION, CHECKINS, TEXTS, SAFETY, CONSENTS, PARTICIPANTS, INDICATORS, DEAD_LETTERS,
            ),
            group=WORKER_GROUP,
            tables=f"{WORKER_GROUP}-",
        ),
        "planner": Rights(
            reads=(PARTICIPANTS, CONSENTS, PROMPTS, CHECKINS, TEXTS, STUDIES), writes=(PROMPTS, TEXTS)
        ),
        "store": Rights(
            reads=(
                STUDIES, PARTICIPANTS, CONSENTS, MESSAGES, CONVERSATION, PROMPTS, CHECKINS, INDICATORS,
                ALERTS, SAFETY, DELIVERY_REPORTS, DEAD_LETTERS,
            ),
            writes=(ALERTS, DEAD_LETTERS),
        ),
        "notifier": Rights(reads=(SAFETY,)),
    }
)  # fmt: skip
