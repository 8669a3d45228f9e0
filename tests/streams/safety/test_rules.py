"""The registry of rules about whole records: adding a rule is adding an entry."""

from schemas.study.file import load_study
from streams.indicators.phase_comparison import Alarm
from streams.records.full_record import Series
from streams.records.item_roles import Layout
from streams.safety.rules import RECORD_RULES, RecordRule, record_alarms
from tests.conftest import DEMO


def test_a_new_record_rule_adds_to_what_the_charts_find() -> None:
    silent = RecordRule(
        "silence", lambda series, _: [Alarm("silence", 3, 2.0)] if not series.answered else []
    )
    series = Series.of("p-0123456789abcdef", "cbt", "Europe/Brussels", [])
    layout = Layout.of(load_study(DEMO))
    assert record_alarms(series, layout) == []
    assert record_alarms(series, layout, (*RECORD_RULES, silent)) == [Alarm("silence", 3, 2.0)]


def test_names_of_rules_are_unique() -> None:
    names = [rule.name for rule in RECORD_RULES]
    assert len(set(names)) == len(names) > 0
