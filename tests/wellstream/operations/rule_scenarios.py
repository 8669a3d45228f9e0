"""One scenario or more for each rule about check-ins: what happened, and what every path must make of it.

The same happened to five people, so that no cell is small and a mean over people is that of each one. Their
record is one study week long, so that the last live 7-day values, the whole record and the first week of the
report are about the same check-ins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.events import CheckInSubmitted, Window
from schemas.study import Study
from tests.made_events import (
    START,
    answer_to,
    asked,
    corrected,
    enrolled,
    of,
    of_everybody,
    own,
    prompted,
    retracted,
    text,
)
from tests.wellstream.operations.rule_paths import Found, Heard

PEOPLE = tuple(f"p-000000000000000{number}" for number in range(1, 6))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = range(1, 8)
_BOTH = ("en", "nl")
Expected = Mapping[tuple[str, str], Found]
"""What one person's values must be, by indicator and scale."""


def a_study(
    version: int = 1, highest: int = 10, *, calm: bool = True, randomised: bool = False, **schedule: Any
) -> Study:
    """Seven days in two phases, and a week of follow-up, in either of two arms."""
    scale = {"min": 0, "max": 10, "low": dict.fromkeys(_BOTH, "low"), "high": dict.fromkeys(_BOTH, "high")}
    phases = [
        {"kind": "baseline", "days": 3},
        {"kind": "intervention", "days": 4, "interventions": ["cbt"], "randomised": randomised},
        {"kind": "follow-up", "days": 7},
    ]
    measures = {
        "mood": "valence",
        "stress": "stress",
        "cheerful": "positive_affect",
        "calm": "positive_affect",
    }
    items = [
        {"id": item, "kind": "scale", "measures": measure, "text": dict.fromkeys(_BOTH, item), "scale": scale}
        for item, measure in measures.items()
        if calm or item != "calm"
    ]
    items[0]["scale"] = scale | {"max": highest}
    plan = {
        "wake": "09:00", "sleep": "21:00", "expires_minutes": 60,
        "prompts": [{"kind": "random", "channels": ["web", "web", "web"]}],
    }  # fmt: skip
    return Study.model_validate(
        {
            "id": "rules", "version": version, "title": dict.fromkeys(_BOTH, "Rules"), "languages": _BOTH,
            "interventions": [
                {
                    "id": "cbt", "kind": "cbt", "level": "individual", "setting": "clinic",
                    "name": dict.fromkeys(_BOTH, "CBT"),
                }
            ],
            "arms": [
                {"id": arm, "name": dict.fromkeys(_BOTH, arm), "phases": phases} for arm in ("one", "two")
            ],
            "items": items, "schedule": plan | schedule, "safety": {"notice": dict.fromkeys(_BOTH, "None.")},
        }
    )  # fmt: skip


STUDY = a_study()
NIGHTS = a_study(wake="09:00", sleep="02:00")
DIARY = a_study(prompts=[{"kind": "fixed", "times": ["20:00"], "channel": "web"}])
RESCALED = a_study(2, 100, calm=False)
RANDOMISED = a_study(randomised=True)


@dataclass(frozen=True)
class Scenario:
    """What happened, and what must come of it.

    Attributes:
        rule: The bold words with which the rule begins.
        name: What is special here.
        events: In the order in which they arrive.
        expected: Everybody's values, or each one's in the order of `people`.
        no_file: Why it cannot be told in a file of check-ins; empty if it can.
        people: Who takes part.
        studies: The versions of the study, the newest last.
        window: The live values that cover the whole record.
        whole: Values of the whole record that differ, because it holds more than the window.
        first_week: Values of the report's first week that differ, because the record is longer.
        arm: The row of the report in which the values are shown; None for all arms together.
    """

    rule: str
    name: str
    events: Sequence[Heard]
    expected: Expected | Sequence[Expected]
    no_file: str = ""
    people: Sequence[str] = PEOPLE
    studies: Sequence[Study] = (STUDY,)
    window: Window = Window.WEEK
    whole: Expected = field(default_factory=dict)
    first_week: Expected = field(default_factory=dict)
    arm: str | None = "one"

    def of_each(self) -> dict[str, Expected]:
        """What is expected of each person."""
        if isinstance(self.expected, Mapping):
            return dict.fromkeys(self.people, self.expected)
        return dict(zip(self.people, self.expected, strict=True))


def answered(study: Study = STUDY, beeps: int = 2, days: Iterable[int] = DAYS, **answers: Any) -> list[Heard]:
    """Prompts of some days that are all answered alike."""
    return [
        event
        for day in days
        for beep in range(1, beeps + 1)
        for event in prompted(study, day, beep, **answers)
    ]


def everybody(events: Sequence[Heard], study: Study = STUDY, people: Sequence[str] = PEOPLE) -> list[Heard]:
    """Enrolments in the first arm, and what happened to everybody."""
    return [*(enrolled(study, who) for who in people), *of_everybody(events, people)]


def _corrections() -> list[Heard]:
    """Of one check-in, two corrections by two hands; of another, two that come first, the newer before."""
    heard = everybody(answered(mood=4))
    early: list[Heard] = []
    for who in PEOPLE:
        sent = of(asked(STUDY, 3, 1), who), of(asked(STUDY, 5, 2), who)
        mine = {one.prompt_id: one for one in heard if isinstance(one, CheckInSubmitted)}
        once, twice = (mine[one.event_id] for one in sent)
        hands = sorted(
            (corrected(once, hand=hand, mood=9) for hand in (1, 2)), key=lambda one: str(one.event_id)
        )
        last = corrected(twice, version=3, mood=4)
        heard += [hands[1].model_copy(update={"answers": {"mood": 4}}), hands[0]]
        early += [last, corrected(twice, mood=10)]
        for first in (once, twice):
            heard[heard.index(first)] = first.model_copy(update={"answers": {"mood": 0}})
    return [*early, *heard]


def _retractions() -> list[Heard]:
    """One answer is replaced by the next check-in, one by none, and one check-in answered no prompt."""
    heard, replaced, missed = answered(mood=4), asked(STUDY, 2, 1), asked(STUDY, 4, 1)
    gone = [answer_to(STUDY, one, mood=10) for one in (replaced, missed)]
    heard = [one for one in heard if one.event_id not in {first.event_id for first in gone}]
    gone.append(own(STUDY, START + 2 * DAY + 2 * HOUR, mood=10))
    again = text(STUDY, replaced.occurred_at + HOUR / 6, mood=4)
    return everybody([*heard, *gone, again, *map(retracted, gone)])


def _matching() -> list[Heard]:
    """Links and texts, with two prompts open at once, and a late answer."""
    early, latest = asked(STUDY, 2, 1, open_for=3 * HOUR), asked(STUDY, 2, 2, START + DAY + 2 * HOUR)
    missed, next_one = asked(STUDY, 3, 1), asked(STUDY, 3, 2)
    named, newer = asked(STUDY, 4, 1, open_for=5 * HOUR), asked(STUDY, 4, 2, START + 3 * DAY + 2 * HOUR)
    late = text(STUDY, missed.expires_at + HOUR / 2, mood=0)
    link = own(STUDY, newer.occurred_at + HOUR / 4, mood=6)
    texted = asked(STUDY, 1, 2)
    return everybody(
        [
            *prompted(STUDY, 1, 1, mood=6), texted, text(STUDY, texted.occurred_at, mood=6),
            early, latest, text(STUDY, latest.occurred_at + HOUR / 2, mood=6),
            missed, late.model_copy(update={"late_for": missed.event_id}),
            next_one, answer_to(STUDY, next_one, mood=6),
            named, newer, link.model_copy(update={"prompt_id": named.event_id}),
            own(STUDY, newer.occurred_at + HOUR / 3, mood=6), *answered(days=range(5, 8), mood=6),
        ]
    )  # fmt: skip


def _own_initiative() -> list[Heard]:
    extra = [own(STUDY, START + (day - 1) * DAY + hour * HOUR, mood=0) for day in DAYS for hour in (2, 6)]
    return everybody([*answered(beeps=4, mood=6), *extra])


def _second_answers() -> list[Heard]:
    extra = [text(STUDY, START + (day - 1) * DAY + HOUR / 6, mood=1) for day in DAYS]
    return everybody([*answered(mood=4), *extra])


def _days_of_three() -> list[Heard]:
    heard = [
        event
        for day in DAYS
        for beep in (1, 2, 3)
        for event in prompted(STUDY, day, beep, mood=10 * (beep == 2))
    ]
    missed = answer_to(STUDY, asked(STUDY, 4, 2), mood=10)
    return everybody([one for one in heard if one != missed])


def _diary() -> list[Heard]:
    heard = [event for day in range(1, 15) for event in prompted(DIARY, day, 1, mood=10 * (day % 2))]
    missed = answer_to(DIARY, asked(DIARY, 7, 1), mood=10)
    return everybody([one for one in heard if one != missed], DIARY)


def _nights() -> list[Heard]:
    heard: list[Heard] = []
    for day in DAYS:
        for beep, hour in enumerate((1, 9, 17), start=1):  # 09:00, 17:00, and 01:00 of the next date
            sent = asked(NIGHTS, day, beep, START + (day - 1) * DAY + hour * HOUR)
            heard += [sent, answer_to(NIGHTS, sent, mood=10 * (beep == 2))]
    return everybody(heard, NIGHTS)


def _rescaled() -> list[Heard]:
    before = answered(days=range(1, 4), mood=5, stress=3, cheerful=8, calm=2)
    after = answered(RESCALED, days=range(4, 8), mood=60, stress=3, cheerful=6)
    again = [enrolled(RESCALED, who, at=START + 3 * DAY - HOUR) for who in PEOPLE]
    return [*everybody(before), *again, *of_everybody(after, PEOPLE)]


def _not_yet_rescaled() -> list[Heard]:
    heard = everybody(answered(mood=5, stress=3))
    return [*heard, *(enrolled(RESCALED, who, at=START + 7 * DAY) for who in PEOPLE)]


def _languages() -> list[Heard]:
    heard = everybody(answered(mood=4))
    return [
        one.model_copy(update={"language": "nl"})
        if isinstance(one, CheckInSubmitted) and one.occurred_at > START + 4 * DAY
        else one
        for one in heard
    ]


def _moved() -> list[Heard]:
    heard = everybody(answered(mood=4))
    return [*heard, *(enrolled(STUDY, who, "two", START + 3 * DAY - HOUR) for who in PEOPLE)]


def joined_apart(extra: Sequence[Heard] = ()) -> list[Heard]:
    """Three people join at once, and the other two after ten days."""
    return [
        of(event, who, timedelta(days=10 * (place > 2)))
        for place, who in enumerate(PEOPLE)
        for event in (enrolled(STUDY, who), *answered(mood=4), *extra)
    ]


def _levels(changes: Sequence[int], arms: Sequence[str] = ("one",), study: Study = STUDY) -> list[Heard]:
    """Means and changes that differ from person to person; people are in the arms by turns."""
    heard: list[Heard] = []
    for place, change in enumerate(changes):
        heard.append(enrolled(study, TEN[place], arms[place % len(arms)]))
        mine: list[Heard] = []
        for day in DAYS:
            level = place % 5 + 1 + (change if day > 3 else 0)
            mine += prompted(study, day, 1, mood=level - 1) + prompted(study, day, 2, mood=level + 1)
        heard += of_everybody(mine, [TEN[place]])
    return heard


def _of_levels(changes: Sequence[int]) -> list[Expected]:
    return [
        {MOOD: Found(place % 5 + 1 + change * 4 / 7, 14), COMPLIANCE: Found(1, 14)}
        for place, change in enumerate(changes)
    ]


def _lately() -> list[Heard]:
    """The same week, which ended two weeks ago."""
    later = timedelta(days=(datetime.now(UTC) - START).days - 20)
    mine = answered(mood=4)
    return [of(event, who, later) for who in PEOPLE for event in (enrolled(STUDY, who), *mine)]


CHANGES = (1, 2, 3, 2, 4)
IN_TURN = (1, 4, 2, 3, 3, 4, 2, 4, 2, 3)
"""Changes of people in two arms by turns: by 2 on average in the first, by 3.6 in the other."""
TEN = tuple(f"p-00000000000000{number}" for number in range(10, 20))
MOOD, COMPLIANCE, RMSSD = ("mean", "valence"), ("compliance", ""), ("rmssd", "valence")
PROMPTED, OWN = ("mean/prompted", "valence"), ("mean/own_initiative", "valence")
A_WEEK: Expected = {MOOD: Found(4, 14), COMPLIANCE: Found(1, 14)}

_CORRECTION = "A correction is a new version"
_MATCHING = "One rule decides which prompt a check-in answers"
_PROMPTED = "Prompted or on a person's own initiative."
_PAIRS = "Pairs of consecutive prompts"
_STUDY_DAY = "A study day is the day that was planned."
_ALIKE = "Only like is pooled with like."
_MOVED = "Moving to another arm"
_WEEKS = "Weeks are study weeks."
_NO_VERSIONS = "a file holds no versions of a check-in"
_NO_OTHERS = "every row of a file is a prompt, and its answers are known to answer it"

SCENARIOS = (
    Scenario(_CORRECTION, "corrected", _corrections(), A_WEEK, _NO_VERSIONS),
    Scenario(
        _CORRECTION, "retracted", _retractions(), {MOOD: Found(4, 13), COMPLIANCE: Found(13 / 14, 14)},
        _NO_VERSIONS,
    ),
    Scenario(_CORRECTION, "repeated", 3 * everybody(answered(mood=4)), A_WEEK, _NO_VERSIONS),
    Scenario(
        _MATCHING, "links, texts and a late answer", _matching(),
        {MOOD: Found(72 / 13, 13), COMPLIANCE: Found(12 / 14, 14)}, _NO_OTHERS,
    ),
    Scenario(
        _PROMPTED, "twice a day", _own_initiative(),
        {
            MOOD: Found(4, 42, notes="own_initiative"), PROMPTED: Found(6, 28), OWN: Found(0, 14),
            COMPLIANCE: Found(1, 28),
        }, _NO_OTHERS,
    ),
    Scenario(
        _PROMPTED, "the first answer counts", _second_answers(),
        {
            MOOD: Found(3, 21, notes="own_initiative"), PROMPTED: Found(4, 14), OWN: Found(1, 7),
            COMPLIANCE: Found(1, 14),
        }, _NO_OTHERS,
    ),
    Scenario(
        _PAIRS, "three prompts a day", _days_of_three(),
        {MOOD: Found(3, 20), COMPLIANCE: Found(20 / 21, 21), RMSSD: Found(10, 20, 12)},
    ),
    Scenario(
        _PAIRS, "a diary", _diary(),
        {MOOD: Found(60 / 13, 13), COMPLIANCE: Found(13 / 14, 14), RMSSD: Found(10, 13, 11)},
        studies=(DIARY,), window=Window.MONTH,
        first_week={MOOD: Found(5, 6), COMPLIANCE: Found(1, 6), RMSSD: Found(None, 0)},
    ),
    Scenario(
        _STUDY_DAY, "prompts after midnight", _nights(),
        {MOOD: Found(10 / 3, 21), COMPLIANCE: Found(1, 21), RMSSD: Found(10, 21, 14)}, studies=(NIGHTS,),
    ),
    Scenario(
        _ALIKE, "a changed scale and a removed item", _rescaled(),
        {
            MOOD: Found(60, 8, notes="scale_changed"), ("mean", "stress"): Found(3, 14),
            ("mean", "positive_affect"): Found(6, 8, notes="scale_changed"), COMPLIANCE: Found(1, 14),
        }, "a file is of one version of the study", studies=(STUDY, RESCALED),
    ),
    Scenario(
        _ALIKE, "no answer on the newest scale yet", _not_yet_rescaled(),
        {MOOD: Found(5, 14), ("mean", "stress"): Found(3, 14), COMPLIANCE: Found(1, 14)},
        "a file is of one version of the study", studies=(STUDY, RESCALED),
        whole={MOOD: Found(None, 0, reason="no_data", notes="scale_changed")},
        first_week={MOOD: Found(None, 0)},
    ),
    Scenario(
        _ALIKE, "two languages", _languages(),
        {MOOD: Found(4, 14, notes="languages_mixed"), COMPLIANCE: Found(1, 14)},
    ),
    Scenario(_MOVED, "moved", _moved(), A_WEEK),
    Scenario(_WEEKS, "joined ten days apart", joined_apart(), A_WEEK),
    Scenario(
        _WEEKS, "a check-in on the day before", joined_apart([own(STUDY, START - DAY, mood=10)]), A_WEEK,
        "every row of a file is a prompt of a study day",
        whole={MOOD: Found(66 / 15, 15, notes="own_initiative"), PROMPTED: Found(4, 14)},
    ),
    Scenario(
        "Group statistics have one computation", "people who differ", _levels(CHANGES), _of_levels(CHANGES),
        people=TEN[:5],
    ),
    Scenario(
        "Only a contrast can be an effect", "two randomised arms",
        _levels(IN_TURN, ("one", "two"), RANDOMISED), _of_levels(IN_TURN), people=TEN,
        studies=(RANDOMISED,), arm=None,
    ),
    Scenario(
        "Small cells are hidden once", "four people in an arm", _levels(IN_TURN[:9], ("one", "two")),
        _of_levels(IN_TURN[:9]), people=TEN[:9], arm=None,
    ),
    Scenario("Stale values are never shown as current.", "two weeks ago", _lately(), A_WEEK),
)  # fmt: skip
