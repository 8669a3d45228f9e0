"""The registry of safety rules. To add one, write its function and add an entry here.

A text rule looks at each text of a participant as it arrives: a match alerts the staff on `safety.alerts.v1`,
pauses the prompts and sends the study's notice about help. A record rule looks at a participant's whole
record whenever the batch runs: what it finds is raised on `alerts.v1`, and superseded if later data say
otherwise. Neither is a measure of risk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schemas.study import Study
from streams.indicators.phase_comparison import Alarm, alarms
from streams.records.full_record import Series
from streams.records.item_roles import Layout
from streams.safety.crisis_words import crisis_words


@dataclass(frozen=True)
class TextRule:
    """A rule about a participant's text.

    Attributes:
        name: Unique among the text rules.
        match: Given a text and the study, the name of what matched, for the alert's `rule`; None if nothing
            did. It holds none of the participant's words.
    """

    name: str
    match: Callable[[str, Study], str | None]


@dataclass(frozen=True)
class RecordRule:
    """A rule about a participant's whole record.

    Attributes:
        name: Unique among the record rules.
        find: The days that call for attention. The `chart` of each must be the rule's own.
    """

    name: str
    find: Callable[[Series, Layout], Iterable[Alarm]]


TEXT_RULES: tuple[TextRule, ...] = (TextRule("crisis-words", crisis_words),)
RECORD_RULES: tuple[RecordRule, ...] = (RecordRule("control-charts", alarms),)


def text_alert(text: str, study: Study, rules: Iterable[TextRule] = TEXT_RULES) -> str | None:
    """What the first rule that matches says of a text; None if none matches."""
    return next((found for rule in rules if (found := rule.match(text, study)) is not None), None)


def record_alarms(series: Series, layout: Layout, rules: Iterable[RecordRule] = RECORD_RULES) -> list[Alarm]:
    """Everything that the rules find in a record."""
    return [alarm for rule in rules for alarm in rule.find(series, layout)]
