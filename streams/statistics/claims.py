"""What a number may be called: an effect only if chance decided between the arms that are compared."""

from enum import StrEnum

CHANGE = "change while in"
"""What a change within an arm is called, whatever the design.

People often join a programme at their worst and would improve somewhat anyway (regression to the mean), in
randomised arms as in others: no change within an arm shows what an intervention did.
"""


class Claim(StrEnum):
    """What to call a difference between two arms in their change from baseline."""

    EFFECT = "effect of"
    DIFFERENCE = "difference in change"


def claim(*, randomised: bool) -> Claim:
    """The claim that a comparison of two arms supports.

    Args:
        randomised: Whether people were randomised to both arms before the phase in which they are compared,
            or at its start.
    """
    return Claim.EFFECT if randomised else Claim.DIFFERENCE
