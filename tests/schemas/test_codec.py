"""Events to bytes and back; anything else is refused with the right reason."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Channel
from schemas.codec import Unreadable, dead_letter, decode, encode
from schemas.events import CheckInSubmitted, Reason
from schemas.identity import event_id, new_pseudonym

PARTICIPANT = new_pseudonym()
MOMENT = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)


def check_in(**changes: object) -> CheckInSubmitted:
    content = {
        "event_id": event_id("test", "1"),
        "study": "demo@3",
        "participant": PARTICIPANT,
        "occurred_at": MOMENT,
        "recorded_at": MOMENT,
        "zone": "Europe/Brussels",
        "channel": Channel.SMS,
        "language": "nl",
        "answers": {"mood": 7, "coping": ("creative_activity",)},
    }
    return CheckInSubmitted.model_validate(content | changes)


def content(**changes: object) -> bytes:
    return json.dumps(json.loads(encode(check_in())) | changes).encode()


WHOLE = st.integers(-1000, 1000)
DECIMAL = st.integers(-1_000_000_000, 1_000_000_000).map(lambda millionths: millionths / 1_000_000)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True), st.one_of(WHOLE, DECIMAL), min_size=1
    )
)
def test_an_event_comes_back_as_it_was(answers: dict[str, float]) -> None:
    event = check_in(answers=answers)
    again = decode(encode(event))
    assert isinstance(again, CheckInSubmitted)
    assert (again, again.answers) == (event, answers)
    assert encode(again) == encode(event)
    assert all(isinstance(one, int) == (one == int(one)) for one in again.answers.values())  # type: ignore[arg-type]


@given(WHOLE)
def test_a_whole_number_is_the_same_bytes_however_it_was_written(number: int) -> None:
    written = encode(check_in(answers={"mood": number}))
    assert written.endswith(b'"answers":{"mood":%d}}' % number)
    assert encode(check_in(answers={"mood": float(number)})) == written


@pytest.mark.parametrize(
    "number", ["1000.5", "-1000.000001", "0.1234567", "0.30000000000000004", "1e999", "NaN"]
)
def test_a_number_that_cannot_be_kept_is_refused(number: str) -> None:
    raw = encode(check_in(answers={"mood": 7})).replace(b'"mood":7', b'"mood":' + number.encode())
    with pytest.raises(Unreadable) as refusal:
        decode(raw)
    assert refusal.value.reason in (Reason.INVALID, Reason.UNREADABLE)
    assert number not in refusal.value.detail


def test_times_are_kept_in_utc_to_the_millisecond() -> None:
    local = MOMENT.astimezone(timezone(timedelta(hours=2)))
    event = check_in(occurred_at=local)
    assert event.occurred_at == MOMENT.replace(microsecond=123000)
    assert event.occurred_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, Reason.UNREADABLE),
        (b"", Reason.UNREADABLE),
        (b"\xff\xfe", Reason.UNREADABLE),
        (b"[1, 2]", Reason.UNREADABLE),
        (b'"text"', Reason.UNREADABLE),
        (b"{}", Reason.UNKNOWN_TYPE),
        (content(type="checkin.imagined"), Reason.UNKNOWN_TYPE),
        (content(schema_version=2), Reason.UNKNOWN_VERSION),
        (content(schema_version=2, mood_ring="blue"), Reason.UNKNOWN_VERSION),
        (content(mood_ring="blue"), Reason.UNKNOWN_FIELD),
        (content(zone="Europe/Atlantis"), Reason.INVALID),
        (content(occurred_at="2026-03-29T01:00:00"), Reason.INVALID),
        (content(answers={}), Reason.INVALID),
        (content(answers={"mood": None}), Reason.INVALID),
        (content(answers={"mood": {}}), Reason.INVALID),
        (content(participant="+32470123456"), Reason.INVALID),
    ],
)
def test_what_is_not_ours_is_refused_with_a_reason(raw: bytes | None, reason: Reason) -> None:
    with pytest.raises(Unreadable) as refusal:
        decode(raw)
    assert refusal.value.reason == reason


def test_a_refusal_names_the_field_and_never_quotes_it() -> None:
    with pytest.raises(Unreadable) as refusal:
        decode(content(participant="+32470123456"))
    assert "participant" in refusal.value.detail
    assert "32470" not in str(refusal.value)


def test_a_dead_letter_has_the_same_id_each_time_and_keeps_the_bytes() -> None:
    raw = b"\x00not an event\xff"
    first, second = (
        dead_letter(
            topic="checkins.v1",
            partition=3,
            offset=14,
            key=b"k",
            value=raw,
            reason=Reason.UNREADABLE,
            detail="x" * 900,
            at=MOMENT + timedelta(days=day),
        )
        for day in (0, 1)
    )
    assert first.event_id == second.event_id
    assert first.value == raw
    assert decode(encode(first)) == first
