"""What is known of one participant: the timeline, which prompt a check-in answers, and what the items mean.

`timeline` holds the prompts and check-ins by event time, `matching` the one rule of which check-in answers
which prompt, `full_record` the whole record as plain data, and `item_roles` what the items of a study mean.
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
