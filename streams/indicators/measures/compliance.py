"""Compliance: what share of the prompts was answered, how soon, how quickly, and the longest silence."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Found, Result, undefined
from streams.indicators.window import Windowed
from streams.records.full_record import Series
from streams.records.item_roles import Layout

FAMILY = "Compliance"

COMPLIANCE = Indicator(
    id="compliance",
    title="Compliance",
    family=FAMILY,
    formula="answered / (answered + expired)",
    unit="share",
    range="0 to 1",
    source="this project",
    minimum=1,
    minimum_day=1,
    counted="prompts",
    edge_cases="0 is real. Undefined (`no_prompts`) where nothing was asked, or nothing is over yet.",
    interpretation="How much of the person's days the other values stand for.",
    rolling=True,
)
LATENCY = Indicator(
    id="latency_median_s",
    title="Latency",
    family=FAMILY,
    formula="median of (opened − scheduled)",
    unit="seconds",
    range="0 or more",
    source="this project",
    minimum=1,
    minimum_day=1,
    edge_cases="Undefined (`no_times`) where the times of opening are not known, as by SMS.",
    interpretation="Long where prompts come at bad moments: answers may then describe another moment.",
)
DURATION = Indicator(
    id="duration_median_s",
    title="Time to answer",
    family=FAMILY,
    formula="median of (submitted − opened)",
    unit="seconds",
    range="0 or more",
    source="this project",
    minimum=1,
    minimum_day=1,
    edge_cases="Undefined (`no_times`) where the times of opening are not known, as by SMS.",
    interpretation="The burden of a check-in; very short ones may be careless.",
)
LONGEST_GAP = Indicator(
    id="longest_missed_run",
    title="Longest silence",
    family=FAMILY,
    formula="largest number of consecutive prompts without an answer",
    unit="prompts",
    range="0 to the number of prompts",
    source="this project",
    minimum=1,
    minimum_day=1,
    counted="prompts",
    edge_cases="Nights do not break a run. 0 where everything was answered.",
    interpretation="One long silence is something else than the same number of scattered misses.",
)


def compliance(answered: int, closed: int) -> Result:
    """Answered prompts as a share of those answered or expired, 0 to 1.

    Args:
        answered: Prompts of the window that have an answer.
        closed: Prompts of the window that have an answer or whose time is over.
    """
    if not closed:
        return Result(None, 0, None, Undefined.NO_PROMPTS)
    return Result(answered / closed, closed)


def median_seconds(seconds: Sequence[float], answered: int) -> Result:
    """Median of latencies or durations, in seconds.

    Args:
        seconds: Of each answer whose times are known.
        answered: Number of all answers.
    """
    if not seconds:
        return undefined(answered, Undefined.NO_TIMES)
    return Result(sums.median(seconds), len(seconds))


def longest_gap(answered: Sequence[bool]) -> Result:
    """Most consecutive prompts without an answer; one entry for each prompt in scheduled order."""
    if not answered:
        return Result(None, 0, None, Undefined.NO_PROMPTS)
    runs = (sum(1 for _ in run) for was_answered, run in groupby(answered) if not was_answered)
    return Result(float(max(runs, default=0)), len(answered))


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """Compliance of a window."""
    yield window.value(COMPLIANCE, lambda _: compliance(window.answered, window.closed))


def over_record(series: Series, _: Layout) -> Found:
    """The family over a whole record."""
    answered = series.answered
    yield COMPLIANCE.id, compliance(len(answered), len(series.prompts))
    latencies = [(p.started - p.scheduled).total_seconds() for p in answered if p.started]
    yield LATENCY.id, median_seconds(latencies, len(answered))
    durations = [seconds for p in answered if (seconds := p.seconds_to_complete) is not None]
    yield DURATION.id, median_seconds(durations, len(answered))
    yield LONGEST_GAP.id, longest_gap([p.answered for p in series.prompts])
