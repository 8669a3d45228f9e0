"""The last two weeks count the newest version of each check-in once, on the person's own days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from producers.forms.feedback import Fortnight, fortnight, picture
from producers.forms.recent_answers import DAYS, RecentAnswers, RecentCheckIn, recent_check_in
from schemas.base import Channel
from schemas.events import CheckInRetracted, CheckInSubmitted
from schemas.identity import event_id
from schemas.study import Study
from schemas.study.file import load_study
from tests.conftest import DEMO

STUDY: Study = load_study(DEMO)
WHO = "p-0123456789abcdef"
NOON = datetime(2026, 6, 14, 10, tzinfo=UTC)
TODAY = date(2026, 6, 14)
Seen = CheckInSubmitted | CheckInRetracted


def checkin(name: str, at: datetime, mood: int | None, version: int = 1) -> CheckInSubmitted:
    first = event_id(name)
    return CheckInSubmitted(
        event_id=first if version == 1 else event_id(name, str(version)), study=STUDY.ref, participant=WHO,
        occurred_at=at, recorded_at=at, zone="Europe/Brussels", channel=Channel.WEB, language="en",
        version=version, corrects=None if version == 1 else first,
        answers={"stress": 3} if mood is None else {"mood": mood},
    )  # fmt: skip


def retraction(name: str, at: datetime, version: int) -> CheckInRetracted:
    return CheckInRetracted(
        event_id=event_id(name, "gone"), study=STUDY.ref, participant=WHO, occurred_at=at, recorded_at=at,
        zone="Europe/Brussels", version=version, corrects=event_id(name),
    )  # fmt: skip


def after(events: Sequence[Seen]) -> dict[UUID, RecentCheckIn]:
    recent = RecentAnswers({STUDY.ref: STUDY})
    for event in events:
        recent.add(event)
    return recent.of(WHO)


names = st.sampled_from(["a", "b", "c"])
instants = st.integers(0, 20 * 24).map(lambda hours: NOON - timedelta(hours=hours))
histories = st.lists(
    st.one_of(
        st.builds(checkin, names, instants, st.none() | st.integers(0, 10), st.integers(1, 3)),
        st.builds(retraction, names, instants, st.just(4)),
    ),
    max_size=8,
    unique_by=lambda event: (event.checkin, event.version),
)


@given(histories.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events * 2))))
def test_order_and_repetition_change_nothing_of_the_fortnight(
    both: tuple[list[Seen], list[Seen]],
) -> None:
    def seen(events: list[Seen]) -> Fortnight | None:
        return fortnight(STUDY, after(events).values(), TODAY)

    newest = max((event.occurred_at for event in both[0]), default=NOON)
    # Older than two weeks is forgotten early or late, depending on the order; within them nothing is.
    if all(newest - event.occurred_at < timedelta(days=14) for event in both[0]):
        assert seen(both[0]) == seen(both[1])


def test_days_are_the_persons_own_and_gaps_stay_gaps() -> None:
    late = datetime(2026, 6, 12, 23, 30, tzinfo=UTC)
    checkins = after([checkin("a", NOON, 8), checkin("b", NOON, 5), checkin("c", late, 2)])
    shown = fortnight(STUDY, checkins.values(), TODAY)
    assert shown is not None
    assert shown.means == (None,) * 12 + (2.0, 6.5)
    assert (shown.checkins, shown.days) == (3, 2)


def test_a_correction_replaces_and_a_retraction_removes() -> None:
    events: list[Seen] = [
        checkin("a", NOON, 9, 2),
        checkin("a", NOON, 1),
        checkin("b", NOON, 3),
        retraction("b", NOON, 2),
    ]
    shown = fortnight(STUDY, after(events).values(), TODAY)
    assert shown is not None
    assert shown.means[-1] == 9.0
    assert shown.checkins == 1


def test_without_an_answer_about_mood_there_is_no_picture() -> None:
    assert fortnight(STUDY, after([checkin("a", NOON, None)]).values(), TODAY) is None


def test_means_of_another_scale_are_left_out() -> None:
    one = RecentCheckIn(1, TODAY, NOON, 3.0, (1, 7))
    assert fortnight(STUDY, [one], TODAY) is None


def test_memory_is_bounded() -> None:
    recent = RecentAnswers({STUDY.ref: STUDY})
    for number in range(900):
        recent.add(checkin(str(number), NOON + timedelta(minutes=number), 5))
    recent.add(checkin("old", NOON - timedelta(days=30), 5))
    assert len(recent.of(WHO)) == 700


def test_the_picture_joins_neighbouring_days_only_and_runs_as_the_language_does() -> None:
    shown = Fortnight(TODAY, (2.0, 3.0, None, 10.0) + (None,) * 10, 4, 3)
    left, right = picture(STUDY, "en", shown), picture(STUDY, "ar", shown)
    assert str(left["line"]).count("M") == 2
    assert str(left["line"]).count("L") == 1
    points = [float(x) for x, _ in _points(left)]
    assert all(a < b for a, b in pairwise(points))
    assert [round(300 - float(x), 1) for x, _ in _points(right)] == points
    assert str(left["described"]).startswith("1/6: 2, 2/6: 3, 3/6: –, 4/6: 10")
    assert len(str(left["described"]).split(", ")) == DAYS
    assert left["count"] == "Your check-ins in the last two weeks: 4, on 3 of 14 days."


def _points(drawn: dict[str, object]) -> list[tuple[str, str]]:
    found = drawn["points"]
    assert isinstance(found, list)
    return found


def test_words_are_no_mood() -> None:
    assert recent_check_in(checkin("a", NOON, None), STUDY).mood is None
    assert recent_check_in(checkin("a", NOON, 5), None).mood is None
