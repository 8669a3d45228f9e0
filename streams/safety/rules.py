"""The registry of safety rules about whole records. To add one, write its function and add an entry here.

A record rule looks at a participant's whole record whenever the batch runs: what it finds is raised on
`alerts.v1`, and superseded if later data say otherwise. It is no measure of risk. Rules about what
participants write are in `locales.text_rules`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from streams.indicators.phase_comparison import Alarm, alarms
from streams.records.full_record import Series
from streams.records.item_roles import Layout


@dataclass(frozen=True)
class RecordRule:
    """A rule about a participant's whole record.

    Attributes:
        name: Unique among the record rules.
        find: The days that call for attention. The `chart` of each must be the rule's own.
    """

    name: str
    find: Callable[[Series, Layout], Iterable[Alarm]]


RECORD_RULES: tuple[RecordRule, ...] = (RecordRule("control-charts", alarms),)


def record_alarms(series: Series, layout: Layout, rules: Iterable[RecordRule] = RECORD_RULES) -> list[Alarm]:
    """Everything that the rules find in a record."""
    return [alarm for rule in rules for alarm in rule.find(series, layout)]
