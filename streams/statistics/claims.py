"""What a difference between phases may be called: an effect only if the phase was randomised."""

from enum import StrEnum


class Claim(StrEnum):
    """What to call a difference.

    People often join a programme at their worst, so without randomisation regression to the mean alone can
    look like a benefit.
    """

    CHANGE = "change while in"
    EFFECT = "effect of"


def claim(*, randomised: bool) -> Claim:
    """The claim that a design supports.

    Args:
        randomised: Whether it was randomised who was in the phase, or when.
    """
    return Claim.EFFECT if randomised else Claim.CHANGE
