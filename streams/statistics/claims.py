"""What a difference between phases may be called: an effect only where the phase was randomised."""

from enum import StrEnum


class Claim(StrEnum):
    """How to name a difference.

    People join a programme at their worst, so without randomisation regression to the mean alone would
    look like a benefit.
    """

    CHANGE = "change while in"
    EFFECT = "effect of"


def claim(*, randomised: bool) -> Claim:
    """The claim that a design supports.

    Args:
        randomised: Whether chance decided who was in the phase, or when.
    """
    return Claim.EFFECT if randomised else Claim.CHANGE
