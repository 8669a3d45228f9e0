"""The times that the page reports count only if they are plausible."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from producers.forms.timing import Times, read_times
from producers.vault import Link, Person

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def link(expires_at: datetime, *, standing: bool = False) -> Link:
    person = Person(
        participant="p-0123456789abcdef", study="demo@3", arm="cbt", language="en", zone="Europe/Brussels",
        start_date=date(2026, 6, 1), changed_at=NOW,
    )  # fmt: skip
    return Link(token_hash="x", person=person, prompt_id=None if standing else uuid4(), expires_at=expires_at)


def fields(
    opened: datetime | str, answered: datetime | str = "", started: datetime | str = ""
) -> list[tuple[str, str]]:
    return [("OpenedAt", str(opened)), ("AnsweredAt", str(answered)), ("StartedAt", str(started))]


@pytest.mark.parametrize(
    "opened",
    ["", "yesterday", "2026-06-01T12:00:00", NOW + MINUTE, NOW - 25 * HOUR, "9" * 400],
)
def test_an_implausible_beginning_is_no_beginning(opened: datetime | str) -> None:
    assert read_times(fields(opened, NOW), link(NOW + MINUTE), NOW) == Times()


@pytest.mark.parametrize("answered", ["", "soon", NOW + MINUTE, NOW - HOUR])
def test_an_implausible_answer_leaves_the_beginning(answered: datetime | str) -> None:
    opened = NOW - 10 * MINUTE
    assert read_times(fields(opened, answered), link(NOW + HOUR), NOW) == Times(opened, None, opened)


def test_the_first_answer_is_the_start_if_it_lies_between_opening_and_answering() -> None:
    opened, answered = NOW - 10 * MINUTE, NOW - MINUTE
    for started, expected in (
        (NOW - 5 * MINUTE, NOW - 5 * MINUTE), (NOW - HOUR, opened), (NOW, opened), ("soon", opened)
    ):  # fmt: skip
        times = read_times(fields(opened, answered, started), link(NOW + HOUR), NOW)
        assert times == Times(opened, answered, expected)


def test_an_answer_after_the_expiry_does_not_count() -> None:
    late = fields(NOW - 3 * HOUR, NOW - HOUR)
    times = read_times(late, link(NOW - 2 * HOUR), NOW)
    assert times == Times(NOW - 3 * HOUR, None, NOW - 3 * HOUR)
    assert not times.in_time(link(NOW - 2 * HOUR), NOW)


def test_a_form_that_waited_is_taken_after_expiry_and_keeps_its_time() -> None:
    expired = link(NOW - HOUR)
    times = read_times(fields(NOW - 3 * HOUR, NOW - 2 * HOUR), expired, NOW)
    assert times.in_time(expired, NOW)
    assert times.occurred_at(NOW) == NOW - 2 * HOUR
    assert not times.in_time(expired, NOW + 47 * HOUR)


def test_while_online_the_time_of_sending_counts() -> None:
    times = Times(NOW - HOUR, NOW - timedelta(seconds=2))
    assert times.occurred_at(NOW) == NOW


def test_a_standing_link_believes_what_a_telephone_can_have_kept() -> None:
    standing = link(NOW + 1000 * HOUR, standing=True)
    assert read_times(fields(NOW - 6 * 24 * HOUR), standing, NOW).started_at is not None
    assert read_times(fields(NOW - 8 * 24 * HOUR), standing, NOW).started_at is None
