"""When to prompt: plans each participant's day, and decides what is due at any moment.

`plan` and `decide` are pure functions in modules of the same names; `service` is the process that follows the
topics and publishes what is due.
"""

from streams.scheduling.decide import Decision
from streams.scheduling.participant_state import ParticipantState
from streams.scheduling.plan import Day

__all__ = ["Day", "Decision", "ParticipantState"]
