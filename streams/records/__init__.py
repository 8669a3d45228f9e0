"""One participant's record: the timeline, which check-in answers which prompt, and the roles of the items.

`timeline` holds prompts and check-ins by event time, `matching` the rule that decides which check-in answers
which prompt, `full_record` the whole record as plain data, and `item_roles` the roles of a study's items.
"""

from streams.records.full_record import Prompt, Series
from streams.records.item_roles import Layout
from streams.records.matching import first_answers, open_prompt
from streams.records.timeline import CheckInRecord, History, PromptRecord

__all__ = [
    "CheckInRecord",
    "History",
    "Layout",
    "Prompt",
    "PromptRecord",
    "Series",
    "first_answers",
    "open_prompt",
]
