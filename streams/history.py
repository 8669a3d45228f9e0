"""A participant's check-ins and prompts by event time, and which check-in answers which prompt."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, order=True)
class Asked:
    """A prompt. Times are milliseconds since 1970 in UTC; `day` is the participant's local date."""

    at: int
    id: str
    until: int
    slot: int
    day: str


@dataclass(frozen=True, order=True)
class Answered:
    """A check-in: scores by measure, strategies endorsed, and the prompt that it names, if it does."""

    at: int
    id: str
    prompt: str = field(default="", compare=False)
    study: str = field(default="", compare=False)
    zone: str = field(default="", compare=False)
    recorded: int = field(default=0, compare=False)
    scores: dict[str, float] = field(default_factory=dict, compare=False)
    coping: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class History:
    """Events of one participant, sorted by time; the first check-in for a prompt is its answer."""

    asked: Sequence[Asked]
    answered: Sequence[Answered]
    answer_of: dict[str, Answered]

    @classmethod
    def of(cls, asked: Iterable[Asked], answered: Iterable[Answered]) -> "History":
        """Sort and match."""
        prompts, checkins = sorted(asked), sorted(answered)
        return cls(prompts, checkins, _match(prompts, checkins))


def _match(prompts: Sequence[Asked], checkins: Sequence[Answered]) -> dict[str, Answered]:
    known = {prompt.id for prompt in prompts}
    starts = [prompt.at for prompt in prompts]
    answers: dict[str, Answered] = {}
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
