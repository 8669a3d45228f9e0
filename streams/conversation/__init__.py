"""The conversation by SMS, as pure functions: what a text means, and the events that follow from it.

`reading` is where the worker enters; `machine` says what a text is taken for, `commands` and `checkins` what
follows from it, and `prompts` which prompt it answers. `words` and `numbers` recognise commands and answers
in every language of `locales/`.
"""

from streams.conversation.prompts import remember_prompt
from streams.conversation.reading import read_message
from streams.conversation.state import Conversation
from streams.conversation.turn import Outcome

__all__ = ["Conversation", "Outcome", "read_message", "remember_prompt"]
