"""The observations that group statistics start from."""

from dataclasses import dataclass

DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Row:
    """One observation of an outcome: a check-in's score, or a person's value of a week.

    Attributes:
        participant: Pseudonym.
        arm: The arm in which the participant enrolled.
        phase: Kind of the phase that it belongs to; empty where it belongs to none.
        day: Study day, 1 is the participant's first.
        value: In the outcome's unit.
        label: What the phase is called, where an arm has several of one kind; empty for the kind itself.
    """

    participant: str
    arm: str
    phase: str
    day: int
    value: float
    label: str = ""

    @property
    def week(self) -> int:
        """Study week: week 1 begins on the participant's first day."""
        return (self.day - 1) // DAYS_OF_WEEK + 1
