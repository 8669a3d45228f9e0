"""What staff should look at: safety rules about whole records, in one registry (`rules`)."""

from streams.safety.chart_alerts import Raised, follow
from streams.safety.rules import RECORD_RULES, RecordRule, record_alarms

__all__ = ["RECORD_RULES", "Raised", "RecordRule", "follow", "record_alarms"]
