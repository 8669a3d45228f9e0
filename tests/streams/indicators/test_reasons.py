"""LAW: `not_asked` stands where a study lacks what an indicator needs, and only there, live and whole."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Measure
from schemas.events import Undefined
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.full_record import indicators_of
from streams.indicators.rolling import rolling
from streams.records.full_record import CheckIn, Prompt, Series
from streams.records.item_roles import Layout
from streams.records.scores import score
from streams.records.timeline import CheckInRecord, History, to_ms
from tests.conftest import DEMO
from tests.examples import examples

STUDY = load_study(DEMO)
AT = datetime(2026, 3, 2, 7, tzinfo=UTC)
_AFFECT = {Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT}
NEEDS = {
    "compliance": set[Measure](),
    "latency_median_s": set[Measure](),
    "duration_median_s": set[Measure](),
    "longest_missed_run": set[Measure](),
    "careless_fast": set[Measure](),
    "careless_flat": _AFFECT,
    "careless_mode": _AFFECT,
    "wellbeing_mean": _AFFECT,
    "coping_efficacy": {Measure.STRESS, Measure.COPING_EFFICACY},
}
"""What the indicators of no scale need; those with a prefix below need its measure."""
PREFIXES = {
    "na_": Measure.NEGATIVE_AFFECT,
    "pa_": Measure.POSITIVE_AFFECT,
    "coping_": Measure.COPING_STRATEGY,
}


def lacks(name: str, missing: set[Measure]) -> bool:
    """Whether a version of the demo without some measures lacks what an indicator needs."""
    name = name.split("/")[0]
    if "differentiation" in name:
        return True  # it takes three items of a valence, and the demo has two
    if name == "emodiversity":
        return missing >= _AFFECT
    needs = NEEDS.get(name) if name in NEEDS else {PREFIXES[name.split("_")[0] + "_"]}
    return bool((needs or set()) & missing)


def without(removed: set[Measure]) -> Study:
    content = STUDY.model_dump()
    items = [item for item in content["items"] if item.get("measures") not in removed - {Measure.VALENCE}]
    names = {item["id"] for item in items}
    changed = {
        "items": [item | {"show_if": None} for item in items],
        "sms": [name for name in content["sms"] if name in names],
    }
    return Study.model_validate(content | changed)


@examples(50)
@given(st.sets(st.sampled_from(sorted(Measure))), st.booleans())
def test_what_a_study_never_asks_is_not_asked(removed: set[Measure], answered: bool) -> None:
    study = without(removed)
    missing = {measure for measure in Measure if not study.items_of(measure)}
    answers = {item.id: float(item.scale.max) for item in study.scales} if answered else {"mood": 5.0}
    scores = {
        measure.value: found
        for measure in Measure
        if (found := score(answers, [item.id for item in study.scales_of(measure)])) is not None
    }
    live = CheckInRecord(to_ms(AT), "a", study=study.ref, scores=scores)
    whole = Series.of("p", "", "UTC", [Prompt("1", 1, 1, AT, CheckIn(1, "A", AT, answers=answers))])
    for values in (
        rolling(History.of([], [live]), Versions([study]), live),
        indicators_of(whole, Layout.of(study)),
    ):
        assert not missing & {one.scale for one in values}, "a scale that is not asked has no values"
        for one in values:
            lacking = not one.scale and lacks(one.indicator, missing)
            assert (one.reason == Undefined.NOT_ASKED) == lacking, one.indicator
