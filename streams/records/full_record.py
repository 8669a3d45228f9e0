"""One participant's full record as plain data: every prompt in scheduled order, with its answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from streams.records.pairs import Place, consecutive


@dataclass(frozen=True)
class Prompt:
    """A prompt and its answer.

    Attributes:
        id: The prompt's id.
        day: Study day on the participant's calendar; 1 is the first.
        beep: Number of the prompt within that day; 1 is the first.
        phase: The study phase, such as "A".
        scheduled: When it was scheduled, with the participant's UTC offset.
        answered: Whether it was answered.
        started: When the form was opened; None if unknown.
        submitted: When it was answered; None if it was not.
        answers: Numbers by item; unanswered items are absent.
        coping: Strategies endorsed; None if the item was not answered.
    """

    id: str
    day: int
    beep: int
    phase: str
    scheduled: datetime
    answered: bool
    started: datetime | None = None
    submitted: datetime | None = None
    answers: Mapping[str, float] = field(default_factory=dict)
    coping: tuple[str, ...] | None = None

    @property
    def moment(self) -> datetime | None:
        """When the participant opened it or, if unknown (SMS), answered it."""
        return self.started or self.submitted

    @property
    def seconds_to_complete(self) -> float | None:
        """Seconds from opening to submitting; None if either is unknown."""
        if self.started is None or self.submitted is None:
            return None
        return (self.submitted - self.started).total_seconds()

    def has(self, *items: str) -> bool:
        """Whether all of these items were answered."""
        return all(item in self.answers for item in items)


@dataclass(frozen=True)
class Series:
    """A participant's prompts in scheduled order."""

    participant: str
    arm: str
    zone: str
    prompts: Sequence[Prompt]

    @classmethod
    def of(cls, participant: str, arm: str, zone: str, prompts: Iterable[Prompt]) -> "Series":
        """A series of prompts given in any order; sorted by day, beep and time."""
        return cls(participant, arm, zone, sorted(prompts, key=lambda p: (p.day, p.beep, p.scheduled, p.id)))

    @property
    def answered(self) -> list[Prompt]:
        """The answered prompts."""
        return [prompt for prompt in self.prompts if prompt.answered]

    def having(self, *items: str) -> list[Prompt]:
        """The prompts at which all of these items were answered."""
        return [prompt for prompt in self.prompts if prompt.has(*items)]

    def complete(self, items: Sequence[str]) -> list[tuple[float, ...]]:
        """The answers to several items at every prompt that has them all; empty if no items are given."""
        return (
            [tuple(prompt.answers[item] for item in items) for prompt in self.having(*items)] if items else []
        )

    def scores(self, item: str) -> list[float]:
        """All answers to an item."""
        return [prompt.answers[item] for prompt in self.having(item)]

    def placed(self, item: str) -> list[float | None]:
        """The answer to an item at every prompt; None if there is none."""
        return [prompt.answers.get(item) for prompt in self.prompts]

    @property
    def once_a_day(self) -> bool:
        """Whether no study day has more than one prompt."""
        return len({prompt.day for prompt in self.prompts}) == len(self.prompts)

    def pairs(self) -> Iterator[tuple[Prompt, Prompt]]:
        """Consecutive prompts, both answered (`streams.records.pairs`)."""
        once = self.once_a_day
        return consecutive(self.answered, lambda prompt: Place(prompt.day, prompt.beep, once))

    def pairs_of(self, item: str) -> list[tuple[float, float]]:
        """The two answers to an item of each pair that has both."""
        return [(a.answers[item], b.answers[item]) for a, b in self.pairs() if a.has(item) and b.has(item)]

    def timed(self, item: str) -> list[tuple[float, float]]:
        """Each answer to an item with its local time of day, in hours: (hour, answer)."""
        zone = ZoneInfo(self.zone)
        return [
            (local.hour + local.minute / 60 + local.second / 3600, prompt.answers[item])
            for prompt in self.having(item)
            if prompt.moment and (local := prompt.moment.astimezone(zone))
        ]

    def steps_of(self, item: str) -> list[tuple[float, float]]:
        """Change and seconds between consecutive answers within a study day; missed prompts are skipped.

        With one prompt a day, they are the answers of two consecutive study days.
        """
        last = 1 if self.once_a_day else 0
        return [
            (b.answers[item] - a.answers[item], seconds)
            for a, b in pairwise(self.having(item))
            if b.day - a.day == last and a.moment and b.moment
            if (seconds := (b.moment - a.moment).total_seconds()) > 0
        ]
