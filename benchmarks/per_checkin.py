"""Measures one check-in's update after 100, 1,000 and 10,000 earlier ones, and the size of the state.

Run `uv run just bench per_checkin`. The baseline, timed in the same run, is what a notebook would do at each
check-in: pandas' 28-day rolling mean and SD of the six scales over the full history, and nothing else.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from schemas.events import CheckInSubmitted, PromptSent
from schemas.identity import event_id
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.update import State, TimelineEvent, absorb, updates
from wellstream.operations.paths import STUDIES

STUDY = load_study(STUDIES / "demo.yaml")
VERSIONS = Versions([STUDY])
PARTICIPANT, PER_DAY, ROUNDS = "p-0123456789abcdef", 5, 40
START = datetime(2020, 1, 1, 9, tzinfo=UTC)
SCALES = [item.id for item in STUDY.scales]


def events(count: int) -> Iterator[TimelineEvent]:
    draw = np.random.default_rng(1)
    for index in range(count):
        day, beep = divmod(index, PER_DAY)
        at = START + timedelta(days=day, hours=2 * beep)
        common = {"study": STUDY.ref, "participant": PARTICIPANT, "zone": "Europe/Brussels", "channel": "web"}
        asked = {
            "event_id": event_id("prompt", str(index)), "occurred_at": at, "recorded_at": at,
            "scheduled_at": at, "expires_at": at + timedelta(minutes=60), "study_day": day + 1,
            "beep": beep + 1,
        }  # fmt: skip
        yield PromptSent.model_validate(common | asked)
        sent = at + timedelta(minutes=9)
        answered = {
            "event_id": event_id("answer", str(index)), "occurred_at": sent, "recorded_at": sent,
            "language": "en",
            "prompt_id": asked["event_id"],
            "answers": {item: int(draw.integers(0, 11)) for item in SCALES} | {"coping": ["problem_solving"]},
        }  # fmt: skip
        yield CheckInSubmitted.model_validate(common | answered)


def milliseconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def grown(count: int) -> tuple[State, list[TimelineEvent]]:
    """The state after `count` check-ins, as the worker's table holds it, and the next prompt and check-in."""
    known = list(events(count + 1))
    state: State | None = None
    for first in range(0, 2 * count, 500):
        state, _, _ = absorb(state, known[first : min(first + 500, 2 * count)], VERSIONS)
    return json.loads(json.dumps(state)), known[2 * count :]


def main() -> None:
    print(f"{'earlier':>8} {'ours ms':>8} {'pandas ms':>10} {'ratio':>6} {'state KiB':>10}")
    for count in (100, 1_000, 10_000):
        state, news = grown(count)

        def ours(state: State = state, news: list[TimelineEvent] = news) -> object:
            _, history, affected = absorb(state, news, VERSIONS)
            return list(updates(PARTICIPANT, history, affected, VERSIONS))

        rows = [e for e in events(count + 1) if isinstance(e, CheckInSubmitted)]
        frame = pd.DataFrame(
            [{i: e.answers[i] for i in SCALES} for e in rows], index=[e.occurred_at for e in rows]
        )

        def pandas(frame: pd.DataFrame = frame) -> object:
            window = frame.rolling("28D")
            return window.mean().iloc[-1], window.std().iloc[-1]

        update, baseline = milliseconds(ours), milliseconds(pandas)
        size = len(json.dumps(state)) / 1024
        print(f"{count:>8} {update:>8.2f} {baseline:>10.2f} {update / baseline:>6.2f} {size:>10.1f}")


if __name__ == "__main__":
    main()
