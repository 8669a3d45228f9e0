"""Compliance: the share of the prompts that were answered."""

from schemas.events import Undefined
from streams.indicators.result import Result


def compliance(answered: int, closed: int) -> Result:
    """Answered prompts as a share of those answered or expired, 0 to 1.

    Args:
        answered: Prompts of the window that have an answer.
        closed: Prompts of the window that have an answer or whose time is over.
    """
    if not closed:
        return Result(None, 0, None, Undefined.NO_PROMPTS)
    return Result(answered / closed, closed)
