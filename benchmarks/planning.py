"""Measures planning a day for 10,000 people, against a plain plan with the standard library.

Run `uv run just bench planning`. The baseline draws as many uniform times within the same waking hours, using
only zoneinfo and random. It has no minimum gaps, blocks, missing days or repeatability, so the difference is
what these cost.
"""

import random
import statistics
import time
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas.identity import pseudonym_from
from schemas.study import Study
from schemas.study.file import load_study
from streams.scheduling.plan import Day, plan

PEOPLE = 10_000
ROUNDS = 5
ZONES = ("Europe/Brussels", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
ON = date(2026, 10, 25)  # the clocks change


def ours(study: Study, people: list[str]) -> int:
    days = (Day(person, "cbt", ZONES[place % 4], ON, 10) for place, person in enumerate(people))
    return sum(len(plan(day, study, "secret")) for day in days)


def plain(study: Study, people: list[str]) -> int:
    wake, sleep = (clock_time.fromisoformat(at) for at in (study.schedule.wake, study.schedule.sleep))
    count = 0
    for place, _ in enumerate(people):
        zone = ZoneInfo(ZONES[place % 4])
        start, end = (datetime.combine(ON, at, zone).timestamp() for at in (wake, sleep))
        times = sorted(random.uniform(start, end) for _ in study.schedule.channels)
        count += len([datetime.fromtimestamp(at, zone) + timedelta(0) for at in times])
    return count


def main() -> None:
    study = load_study(Path(__file__).parents[1] / "studies" / "demo.yaml")
    people = [pseudonym_from("benchmark", str(number)) for number in range(PEOPLE)]
    ratios = []
    for _ in range(ROUNDS):
        seconds = []
        for planner in (ours, plain):
            started = time.perf_counter()
            count = planner(study, people)
            seconds.append(time.perf_counter() - started)
        ratios.append(seconds[0] / seconds[1])
        print(f"{count:,} prompts for {PEOPLE:,} people: {seconds[0]:.2f} s, plain {seconds[1]:.2f} s")
    print(f"median ratio {statistics.median(ratios):.1f}")


if __name__ == "__main__":
    main()
