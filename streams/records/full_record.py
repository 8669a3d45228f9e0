"""One participant's full record as plain data: every prompt in scheduled order, and every check-in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from schemas.base import CheckIns
from streams.records.item_roles import Scale
from streams.records.pairs import Place, consecutive
from streams.records.scores import score


@dataclass(frozen=True)
class CheckIn:
    """The answers of one check-in.

    Attributes:
        day: Study day; 1 is the participant's first. That of the prompt, if it answers one.
        phase: The letter of the study phase on that day, such as "A".
        submitted: When it was submitted.
        started: When the form was opened; None if unknown.
        answers: Numbers by item; unanswered items are absent.
        coping: Strategies endorsed; None if the item was not answered.
        prompted: Whether it answers a prompt, names one or came late for one; if not, it was made on the
            participant's own initiative.
        language: In which it was answered; empty if unknown.
        left_out: The scales that it answers in another version of the study, which asks them with other
            items or on another scale. Those answers are not among `answers` and `coping`.
    """

    day: int
    phase: str
    submitted: datetime
    started: datetime | None = None
    answers: Mapping[str, float] = field(default_factory=dict)
    coping: tuple[str, ...] | None = None
    prompted: bool = True
    language: str = ""
    left_out: frozenset[str] = frozenset()

    @property
    def moment(self) -> datetime:
        """When the participant opened it or, if that is unknown (SMS), submitted it."""
        return self.started or self.submitted

    @property
    def seconds_to_complete(self) -> float | None:
        """Seconds from opening to submitting; None if the former is unknown."""
        return (self.submitted - self.started).total_seconds() if self.started else None

    def score(self, scale: Scale) -> float | None:
        """The score of a scale; None if none of its items was answered."""
        return score(self.answers, scale.items)

    def complete(self, scale: Scale) -> tuple[float, ...] | None:
        """The answers to all items of a scale, in its order; None if one is missing."""
        if any(item not in self.answers for item in scale.items):
            return None
        return tuple(self.answers[item] for item in scale.items)


@dataclass(frozen=True)
class Prompt:
    """A prompt and the check-in that answers it.

    Attributes:
        id: The prompt's id.
        day: The study day for which it was planned.
        beep: Number of the prompt within that day; 1 is the first.
        scheduled: When it was scheduled, with the participant's UTC offset.
        answer: The check-in that answers it; None if it was missed.
        once_a_day: Whether its schedule asks no more than once a day.
    """

    id: str
    day: int
    beep: int
    scheduled: datetime
    answer: CheckIn | None = None
    once_a_day: bool = False

    @property
    def place(self) -> Place:
        """Its place, from which pairs are found."""
        return Place(self.day, self.beep, self.once_a_day)


@dataclass(frozen=True)
class Series:
    """A participant's prompts in scheduled order, and the check-ins that answer none of them.

    Attributes:
        participant: The participant.
        arm: The arm of enrolment.
        zone: The participant's time zone.
        prompts: The prompts, by day and beep.
        others: Late answers, and check-ins on the participant's own initiative.
    """

    participant: str
    arm: str
    zone: str
    prompts: Sequence[Prompt]
    others: Sequence[CheckIn] = ()

    @classmethod
    def of(
        cls,
        participant: str,
        arm: str,
        zone: str,
        prompts: Iterable[Prompt],
        others: Iterable[CheckIn] = (),
    ) -> "Series":
        """A series of prompts and check-ins given in any order."""
        placed = sorted(prompts, key=lambda one: (one.day, one.beep, one.scheduled, one.id))
        return cls(participant, arm, zone, placed, sorted(others, key=_place))

    def only(self, which: CheckIns) -> "Series":
        """The record with only those check-ins."""
        match which:
            case CheckIns.BOTH:
                return self
            case CheckIns.PROMPTED:
                return replace(self, others=[checkin for checkin in self.others if checkin.prompted])
            case CheckIns.OWN_INITIATIVE:
                own = [checkin for checkin in self.others if not checkin.prompted]
                return replace(self, prompts=(), others=own)

    @cached_property
    def answered(self) -> list[tuple[Prompt, CheckIn]]:
        """The answered prompts with their answers, in scheduled order."""
        return [(prompt, prompt.answer) for prompt in self.prompts if prompt.answer]

    @cached_property
    def checkins(self) -> list[CheckIn]:
        """All check-ins, by study day and time."""
        return sorted([*(checkin for _, checkin in self.answered), *self.others], key=_place)

    def scored(self, scale: Scale) -> list[tuple[CheckIn, float]]:
        """The check-ins that have a score of a scale, with it, by study day and time."""
        return [(one, found) for one in self.checkins if (found := one.score(scale)) is not None]

    def placed(self, scale: Scale) -> list[float | None]:
        """The score of a scale at every prompt; None if there is none."""
        return [prompt.answer.score(scale) if prompt.answer else None for prompt in self.prompts]

    @cached_property
    def pairs(self) -> list[tuple[CheckIn, CheckIn]]:
        """The answers of consecutive prompts, both answered (`streams.records.pairs`)."""
        found = consecutive(self.answered, lambda placed: placed[0].place)
        return [(one, other) for (_, one), (_, other) in found]

    def pairs_of(self, scale: Scale) -> list[tuple[float, float]]:
        """The two scores of a scale of each pair that has both."""
        scored = ((one.score(scale), other.score(scale)) for one, other in self.pairs)
        return [(one, other) for one, other in scored if one is not None and other is not None]

    def timed(self, scale: Scale) -> list[tuple[float, float]]:
        """Each score of a scale with its local time of day, in hours: (hour, score)."""
        zone = ZoneInfo(self.zone)
        return [
            (local.hour + local.minute / 60 + local.second / 3600, found)
            for checkin, found in self.scored(scale)
            for local in (checkin.moment.astimezone(zone),)
        ]

    def steps_of(self, scale: Scale) -> list[tuple[float, float]]:
        """Change and seconds between consecutive answers to prompts of a study day, missed ones skipped.

        With one prompt a day, they are the answers of two consecutive study days.
        """
        scored = [
            (prompt, checkin, found)
            for prompt, checkin in self.answered
            if (found := checkin.score(scale)) is not None
        ]
        return [
            (found - before, seconds)
            for (one, first, before), (other, second, found) in pairwise(scored)
            if other.day - one.day == (one.once_a_day and other.once_a_day)
            and (seconds := (second.moment - first.moment).total_seconds()) > 0
        ]


def marked_once_a_day(prompts: Sequence[Prompt]) -> list[Prompt]:
    """A participant's prompts, if no study tells: asked once a day if no study day has more than one."""
    once = len({prompt.day for prompt in prompts}) == len(prompts)
    return [replace(prompt, once_a_day=once) for prompt in prompts]


def _place(checkin: CheckIn) -> tuple[int, datetime]:
    return checkin.day, checkin.submitted
