"""When to prompt: a plan for each participant's day, and what of it is due at a moment.

`plan` and `decide` are pure functions in modules of these names; `service` is the process that follows the
topics and publishes what is due.
"""

from streams.scheduling.decide import Decision
from streams.scheduling.participant_state import ParticipantState
from streams.scheduling.plan import Day

__all__ = ["Day", "Decision", "ParticipantState"]
