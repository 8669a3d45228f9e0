"""How strongly a measure carries over from one prompt to the next, over all people."""

from collections import defaultdict
from collections.abc import Iterator

from schemas.base import Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.records.pairs import Place, consecutive
from streams.statistics.mixed import Pair
from streams.store.answered import Answered, answered
from streams.store.definitions import Query


def lagged_pairs(query: Query, study: Study, known: Versions, measure: Measure) -> list[Pair]:
    """Scores at two consecutive prompts (`streams/records/pairs.py`), both answered.

    The earlier one is centred on the mean of the person's scores at all prompts.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        measure: One that is asked on scales.
    """
    own: defaultdict[str, list[Answered]] = defaultdict(list)
    for one in answered(query, study, known, measure):
        if one.prompt is not None:
            own[one.participant].append(one)
    return [pair for who, scored in own.items() for pair in _pairs(who, scored)]


def _pairs(who: str, scored: list[Answered]) -> Iterator[Pair]:
    mean = sum(one.score for one in scored) / len(scored)
    # A prompt has one answer, but a check-in can come before that of an earlier prompt.
    placed = sorted(scored, key=_place)
    for one, other in consecutive(placed, _place):
        yield Pair(who, one.score - mean, other.score)


def _place(one: Answered) -> Place:
    assert one.prompt is not None  # noqa: S101 - only those that answer a prompt are placed
    return one.prompt
