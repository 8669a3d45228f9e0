"""What staff should look at: safety rules about texts and about whole records, in one registry (`rules`)."""

from streams.safety.chart_alerts import Raised, follow
from streams.safety.rules import RECORD_RULES, TEXT_RULES, RecordRule, TextRule, record_alarms, text_alert

__all__ = [
    "RECORD_RULES",
    "TEXT_RULES",
    "Raised",
    "RecordRule",
    "TextRule",
    "follow",
    "record_alarms",
    "text_alert",
]
