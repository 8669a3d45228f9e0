"""The rows that group statistics start from."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Row:
    """One check-in's value of an indicator.

    Attributes:
        participant: Pseudonym.
        arm: The participant's arm.
        phase: The phase that ran on that day.
        day: Local day.
        value: In the indicator's unit.
    """

    participant: str
    arm: str
    phase: str
    day: date
    value: float
