"""A participant's check-ins and prompts by event time, and which check-in answers which prompt."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, order=True)
class PromptRecord:
    """A prompt. Times are milliseconds since 1970 in UTC; `day` is the participant's local date."""

    at: int
    id: str
    until: int
    beep: int
    day: str


@dataclass(frozen=True, order=True)
class CheckInRecord:
    """A check-in in its highest version: scores by measure, and strategies endorsed.

    Attributes:
        at, id: When it happened, in milliseconds, and its id, the same in all versions.
        event: `event_id` of this version.
        version: Of two versions the higher one holds; of two alike, that with the greater `event`.
        retracted: It does not count.
        prompt: The prompt that it names; empty where it names none.
        study, zone, language: As they were then.
        recorded: When this version was taken note of, in milliseconds.
        scores: By measure, the mean of its items.
        coping: Ids of the strategies endorsed.
    """

    at: int
    id: str
    event: str = field(default="", compare=False)
    version: int = field(default=1, compare=False)
    retracted: bool = field(default=False, compare=False)
    prompt: str = field(default="", compare=False)
    study: str = field(default="", compare=False)
    zone: str = field(default="", compare=False)
    language: str = field(default="", compare=False)
    recorded: int = field(default=0, compare=False)
    scores: dict[str, float] = field(default_factory=dict, compare=False)
    coping: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class History:
    """Events of one participant, sorted by time; the first check-in for a prompt is its answer.

    Attributes:
        asked: Prompts.
        known: Check-ins, the retracted ones too.
        answered: Check-ins that count.
        answer_of: The answer of each prompt that has one.
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
        return cls(prompts, all_known, answered, _match(prompts, answered))


def _match(prompts: Sequence[PromptRecord], checkins: Sequence[CheckInRecord]) -> dict[str, CheckInRecord]:
    known = {prompt.id for prompt in prompts}
    starts = [prompt.at for prompt in prompts]
    answers: dict[str, CheckInRecord] = {}
    for checkin in checkins:
        name = checkin.prompt if checkin.prompt in known else ""
        if not checkin.prompt:
            place = bisect_right(starts, checkin.at) - 1
            if place >= 0 and checkin.at < prompts[place].until:
                name = prompts[place].id
        if name:
            answers.setdefault(name, checkin)
    return answers


def to_ms(moment: datetime) -> int:
    """An instant as milliseconds since 1970; exact."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The instant, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def local_day(moment: datetime, zone: str) -> str:
    """The date on the participant's calendar, YYYY-MM-DD."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()
