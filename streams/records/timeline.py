"""A participant's check-ins and prompts by event time, with the answer of each prompt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from streams.records.matching import CheckInVersion, SentPrompt, first_answers


@dataclass(frozen=True, order=True)
class PromptRecord(SentPrompt):
    """A prompt with its place: `day` is the participant's local date."""

    beep: int
    day: str


@dataclass(frozen=True, order=True)
class CheckInRecord(CheckInVersion):
    """A check-in in its highest version: scores by measure, and strategies endorsed.

    Attributes:
        event: `event_id` of this version.
        version: Of two versions the higher one holds; of two alike, that with the greater `event`.
        study, zone, language: As they were then.
        recorded: When this version was recorded, in milliseconds.
        scores: By measure, the mean of its items.
        coping: Ids of the strategies endorsed.
    """

    event: str = field(default="", compare=False)
    version: int = field(default=1, compare=False)
    study: str = field(default="", compare=False)
    zone: str = field(default="", compare=False)
    language: str = field(default="", compare=False)
    recorded: int = field(default=0, compare=False)
    scores: dict[str, float] = field(default_factory=dict, compare=False)
    coping: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class History:
    """Events of one participant, sorted by time.

    Attributes:
        asked: Prompts.
        known: Check-ins, the retracted ones too.
        answered: Check-ins that count.
        answer_of: The answer of each prompt that has one (`streams.records.matching`).
    """

    asked: Sequence[PromptRecord]
    known: Sequence[CheckInRecord]
    answered: Sequence[CheckInRecord]
    answer_of: dict[str, CheckInRecord]

    @classmethod
    def of(cls, asked: Iterable[PromptRecord], known: Iterable[CheckInRecord]) -> "History":
        """Sort and match."""
        prompts, all_known = sorted(asked), sorted(known)
        answered = [checkin for checkin in all_known if not checkin.retracted]
        return cls(prompts, all_known, answered, first_answers(prompts, answered))


def to_ms(moment: datetime) -> int:
    """An instant as milliseconds since 1970; exact."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The instant, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def local_day(moment: datetime, zone: str) -> str:
    """The date on the participant's calendar, YYYY-MM-DD."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()
