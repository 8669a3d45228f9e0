"""A rebuild beside a running store: readers and participants notice nothing of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.settings import Settings
from streams.store.client import NotAllowed, Reader
from streams.store.rebuild import rebuilt_path
from tests.journeys.people import count, person, text, until
from wellstream.operations.rebuild import rebuild_store

pytestmark = [pytest.mark.kafka, pytest.mark.journey]


def test_a_rebuild_interrupts_no_reader_and_loses_no_row(system: Settings, reader: Reader) -> None:
    participant = person(system, "+447700900701")
    text(system, "+447700900701", "7 3 5", "SM0701")
    until(lambda: count(reader, "checkins where participant = :p", p=participant))
    done, seen = threading.Event(), list[int]()

    def keep_reading() -> None:
        while not done.is_set():
            seen.append(count(reader, "checkins where participant = :p", p=participant))

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(keep_reading)
        try:
            report = rebuild_store(system)
            assert report.after["checkin_versions"] == report.before["checkin_versions"]
            assert report.after["checkin_versions"][0] > 0
            text(system, "+447700900701", "6 4 5", "SM0702")
            until(lambda: count(reader, "checkins where participant = :p", p=participant) == 2)
        finally:
            done.set()
        reading.result(60)
    assert set(seen) == {1, 2}
    assert seen == sorted(seen), "no reader goes back in time"
    assert not rebuilt_path(system.store_path).exists()


def test_a_store_without_a_rebuilt_file_says_so_and_goes_on(system: Settings, reader: Reader) -> None:
    with pytest.raises(NotAllowed, match="there is no rebuilt file"):
        reader.rebuilt([])
    assert count(reader, "studies") >= 1
