"""Compliance: the share of prompts answered, latency, time to answer, and the longest gap."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from schemas.events import IndicatorValue, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord
from streams.indicators.window import Windowed

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
    edge_cases="0 is a real value. Undefined (`no_prompts`) if no prompt was answered or has expired yet.",
    interpretation="How well the other values represent the participant's days.",
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
    edge_cases="Undefined (`no_times`) where opening times are unknown, as with SMS.",
    interpretation="Long if prompts come at bad moments; answers may then describe a later moment.",
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
    edge_cases="Undefined (`no_times`) where opening times are unknown, as with SMS.",
    interpretation="The burden of a check-in; very short times may mean careless answering.",
)
LONGEST_GAP = Indicator(
    id="longest_missed_run",
    title="Longest gap",
    family=FAMILY,
    formula="largest number of consecutive prompts without an answer",
    unit="prompts",
    range="0 to the number of prompts",
    source="this project",
    minimum=1,
    minimum_day=1,
    counted="prompts",
    edge_cases="Nights do not end a run. 0 if every prompt was answered.",
    interpretation="One long gap means something different from the same number of scattered missed prompts.",
)


def compliance(answered: int, closed: int) -> Result:
    """Answered prompts as a share of those answered or expired, 0 to 1.

    Args:
        answered: Number of prompts in the window that were answered.
        closed: Number of prompts in the window that were answered or have expired.
    """
    if not closed:
        return Result(None, 0, None, Undefined.NO_PROMPTS)
    return Result(answered / closed, closed)


def median_seconds(seconds: Sequence[float], answered: int) -> Result:
    """Median of latencies or durations, in seconds.

    Args:
        seconds: One for each answer whose times are known.
        answered: Number of all answers.
    """
    if not seconds:
        return undefined(answered, Undefined.NO_TIMES if answered else Undefined.NO_DATA)
    return Result(sums.median(seconds), len(seconds))


def longest_gap(answered: Sequence[bool]) -> Result:
    """Largest number of consecutive unanswered prompts; `answered` is in scheduled order."""
    if not answered:
        return Result(None, 0, None, Undefined.NO_PROMPTS)
    runs = (sum(1 for _ in run) for was_answered, run in groupby(answered) if not was_answered)
    return Result(float(max(runs, default=0)), len(answered))


def live(window: Windowed) -> Iterator[IndicatorValue]:
    """Compliance of a window."""
    yield window.value(COMPLIANCE, lambda _: compliance(window.answered, window.closed))


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record."""
    prompts, answered = record.series.prompts, record.series.answered
    yield record.row(COMPLIANCE, compliance(len(answered), len(prompts)))
    latencies = [(one.started - prompt.scheduled).total_seconds() for prompt, one in answered if one.started]
    yield record.row(LATENCY, median_seconds(latencies, len(answered)))
    durations = [seconds for _, one in answered if (seconds := one.seconds_to_complete) is not None]
    yield record.row(DURATION, median_seconds(durations, len(answered)))
    yield record.row(LONGEST_GAP, longest_gap([prompt.answer is not None for prompt in prompts]))
