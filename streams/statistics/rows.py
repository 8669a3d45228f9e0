"""The observations that group statistics are computed from."""

from dataclasses import dataclass

DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Made:
    """Somebody made a check-in that an outcome depends on.

    Attributes:
        participant: Pseudonym.
        arm: The participant's arm at enrolment.
        phase, day, label: As in `Row`.
        prompted: Whether it was an answer to a prompt, and not on own initiative.
    """

    participant: str
    arm: str
    phase: str
    day: int
    label: str
    prompted: bool

    @property
    def week(self) -> int:
        """Study week; week 1 begins on the participant's first day."""
        return week_of(self.day)


@dataclass(frozen=True)
class Row:
    """One observation of an outcome: a check-in's score, or a person's value for a week.

    Attributes:
        participant: Pseudonym.
        arm: The participant's arm at enrolment.
        phase: Kind of its phase; empty if it is outside every phase.
        day: Study day; the participant's first is 1.
        value: In the outcome's unit.
        label: The phase's label if an arm has several of one kind; otherwise empty, and the kind is used.
        at: When it was made, in days since the participant's first study day began; None if only the day is
            known.
    """

    participant: str
    arm: str
    phase: str
    day: int
    value: float
    label: str = ""
    at: float | None = None

    @property
    def time(self) -> float:
        """Real time in days since the first study day began; the start of the study day if unknown."""
        return self.day - 1.0 if self.at is None else self.at

    @property
    def week(self) -> int:
        """Study week; week 1 begins on the participant's first day."""
        return week_of(self.day)


def week_of(day: int) -> int:
    """The study week of a study day, both from 1."""
    return (day - 1) // DAYS_OF_WEEK + 1
