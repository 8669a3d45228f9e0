"""A participant's prompts and check-ins by event time, and which check-in answers each prompt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from streams.records.matching import CheckInVersion, SentPrompt, first_answers, prompted
from streams.records.pairs import Place


@dataclass(frozen=True, order=True)
class PromptRecord(SentPrompt):
    """A prompt with its place in the schedule.

    Attributes:
        day: The study day for which it was planned, even if it was sent after midnight.
        beep: Its number within that day; 1 is the first.
        once_a_day: Whether its version of the study asks no more than once a day.
    """

    day: int
    beep: int
    once_a_day: bool

    @property
    def place(self) -> Place:
        """Its place, from which pairs are found."""
        return Place(self.day, self.beep, self.once_a_day)


@dataclass(frozen=True, order=True)
class CheckInRecord(CheckInVersion):
    """A check-in in its highest version: scores by measure, and strategies endorsed.

    Attributes:
        event: `event_id` of this version.
        version: The highest version counts; of two with the same number, the one with the greater `event`.
        study, zone, language: Those in force at the time.
        recorded: When this version was recorded, in milliseconds.
        scores: By measure, the mean of its items.
        coping: Ids of the strategies endorsed; None if they were not asked, as in a text.
    """

    event: str = field(default="", compare=False)
    version: int = field(default=1, compare=False)
    study: str = field(default="", compare=False)
    zone: str = field(default="", compare=False)
    language: str = field(default="", compare=False)
    recorded: int = field(default=0, compare=False)
    scores: dict[str, float] = field(default_factory=dict, compare=False)
    coping: tuple[str, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class History:
    """The events of one participant, sorted by time.

    Attributes:
        asked: The prompts.
        known: All check-ins, including retracted ones.
        answered: The check-ins that count.
        answer_of: The check-in that answers each prompt, by the prompt's id (`streams.records.matching`).
        prompted: The ids of the check-ins that count and were prompted; the others were made on the
            participant's own initiative.
    """

    asked: Sequence[PromptRecord]
    known: Sequence[CheckInRecord]
    answered: Sequence[CheckInRecord]
    answer_of: dict[str, CheckInRecord]
    prompted: frozenset[str]

    @classmethod
    def of(cls, asked: Iterable[PromptRecord], known: Iterable[CheckInRecord]) -> "History":
        """Sort the records, and match check-ins to prompts."""
        prompts, all_known = sorted(asked), sorted(known)
        answered = [checkin for checkin in all_known if not checkin.retracted]
        answers = first_answers(prompts, answered)
        return cls(prompts, all_known, answered, answers, prompted(answered, answers))


def to_ms(moment: datetime) -> int:
    """An instant as milliseconds since 1970; exact."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The instant, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def local_day(moment: datetime, zone: str) -> str:
    """The date on the participant's calendar, YYYY-MM-DD."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()
