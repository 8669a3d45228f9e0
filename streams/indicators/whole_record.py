"""One participant's whole record, as indicators over a full record use it."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.base import CheckIns, Measure
from schemas.events import Note, Undefined
from streams.indicators.entry import Indicator
from streams.indicators.result import NOT_ASKED, Result, explained
from streams.records.full_record import CheckIn, Series
from streams.records.item_roles import Layout, Range


@dataclass(frozen=True)
class Row:
    """One value of one participant.

    Attributes:
        participant: The participant.
        indicator: Id in the catalogue, or that with a part after a slash.
        scale: What was measured, such as `stress`; empty where the indicator spans several scales.
        value: The value, or None with a `reason`.
        n: Number of answers used (or of what the catalogue entry counts).
        n_pairs: Number of pairs used; None for an indicator that does not use pairs.
        reason: Why there is no value; None if there is one.
        notes: Caveats, with commas between them; None if there are none. They are those of live values
            (`schemas.events.IndicatorValue`).
    """

    participant: str
    indicator: str
    scale: str
    value: float | None
    n: int
    n_pairs: int | None
    reason: Undefined | None
    notes: str | None


class WholeRecord:
    """The answers of a whole record, by scale.

    Attributes:
        series: The record, with only the check-ins in question.
        layout: Its scales.
        which: Which check-ins those are.
        scales: Names of the scales that have values of their own.
        main: Name of the scale that control charts are about.
    """

    def __init__(self, series: Series, layout: Layout, which: CheckIns = CheckIns.BOTH) -> None:
        self.series, self.layout, self.which = series.only(which), layout, which
        self.scales, self.main = layout.shown, layout.main
        self._scored: dict[str, list[tuple[CheckIn, float]]] = {}
        self._found: dict[tuple[str, ...], tuple[bool, list[CheckIn]]] = {}

    @property
    def parts(self) -> tuple["WholeRecord", ...]:
        """The record with its prompted check-ins alone, and with those on the participant's own initiative.

        There are none if every check-in was prompted.
        """
        if all(checkin.prompted for checkin in self.series.checkins):
            return ()
        return tuple(
            WholeRecord(self.series, self.layout, which)
            for which in (CheckIns.PROMPTED, CheckIns.OWN_INITIATIVE)
        )

    def asks(self, scale: str, parts: int = 1) -> bool:
        """Whether the study asks about a scale, with at least so many items or strategies."""
        return len(self.layout.parts(scale)) >= parts

    def range_of(self, scale: str) -> Range:
        """Lowest and highest value of a scale that is asked."""
        found = self.layout.scales[scale]
        return found.low, found.high

    def answers(self, checkin: CheckIn, scale: str) -> bool:
        """Whether a check-in answers any item of a scale, or the question about coping strategies."""
        if scale == Measure.COPING_STRATEGY:
            return checkin.coping is not None
        return any(item in checkin.answers for item in self.layout.parts(scale))

    def scored(self, scale: str) -> list[tuple[CheckIn, float]]:
        """The check-ins that have a score of a scale, with it, by study day and time."""
        if scale not in self._scored:
            self._scored[scale] = self.series.scored(self.layout.scales[scale])
        return self._scored[scale]

    def scores(self, scale: str) -> list[float]:
        """The scores of a scale, by study day and time."""
        return [score for _, score in self.scored(scale)]

    def placed(self, scale: str) -> list[float | None]:
        """The score of a scale at every prompt; None if there is none."""
        return self.series.placed(self.layout.scales[scale])

    def pairs(self, scale: str) -> list[tuple[float, float]]:
        """The scores of a scale at consecutive prompts."""
        return self.series.pairs_of(self.layout.scales[scale])

    def beeps(self, scale: str) -> list[tuple[int, int, float]]:
        """Study day, beep and score of every answered prompt that has one."""
        return [
            (prompt.day, prompt.beep, found)
            for prompt, found in zip(self.series.prompts, self.placed(scale), strict=True)
            if found is not None
        ]

    def timed(self, scale: str) -> list[tuple[float, float]]:
        """Local time of day, in hours, and score of each check-in."""
        return self.series.timed(self.layout.scales[scale])

    def steps(self, scale: str) -> list[tuple[float, float]]:
        """Change and seconds between consecutive answers to prompts of a day."""
        return self.series.steps_of(self.layout.scales[scale])

    def both(self, one: str, other: str) -> list[tuple[float, float]]:
        """The scores of two scales at each check-in that has both."""
        scales = self.layout.scales[one], self.layout.scales[other]
        found = ((checkin.score(scales[0]), checkin.score(scales[1])) for checkin in self.series.checkins)
        return [(a, b) for a, b in found if a is not None and b is not None]

    def complete(self, *scales: str) -> list[tuple[float, ...]]:
        """The answers to all items of some scales at each check-in that has them all."""
        found = (
            [checkin.complete(self.layout.scales[scale]) for scale in scales]
            for checkin in self.series.checkins
        )
        return [tuple(answer for part in parts if part for answer in part) for parts in found if all(parts)]

    def strategies(self) -> list[tuple[str, ...]]:
        """The coping strategies of each check-in that answers about them."""
        return [checkin.coping for checkin in self.series.checkins if checkin.coping is not None]

    def strategy_pairs(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """The coping strategies at consecutive prompts that both answer about them."""
        return [
            (one.coping, other.coping)
            for one, other in self.series.pairs
            if one.coping is not None and other.coping is not None
        ]

    def row(
        self,
        entry: Indicator,
        compute: Result | Callable[[int], Result],
        *about: str,
        part: str = "",
        parts: int = 1,
    ) -> Row:
        """An indicator's row, with notes on the answers behind it.

        Args:
            entry: The indicator.
            compute: The result, or a function that returns it, given the minimum, and is not called if the
                study does not ask about it.
            about: The scales that it is computed from; a per-scale indicator belongs to the first.
            part: What the row is about within the indicator; comes after a slash in its id.
            parts: How many items, or strategies, each scale must have.
        """
        answered, usable = self._known(about)
        result = NOT_ASKED
        if all(self.asks(scale, parts) for scale in about):
            result = compute if isinstance(compute, Result) else compute(entry.minimum_whole)
            several = len(about) > 1 or parts > 1
            result = explained(result, answered=answered, several=several) if about else result
        name = f"{entry.id}/{part}" if part else entry.id
        return Row(
            participant=self.series.participant,
            indicator=name if self.which is CheckIns.BOTH else f"{name}/{self.which}",
            scale=about[0] if entry.per_scale else "",
            value=result.value,
            n=result.n,
            n_pairs=result.n_pairs,
            reason=result.reason,
            notes=",".join(self._notes(entry, usable, about)) or None,
        )

    def _known(self, about: tuple[str, ...]) -> tuple[bool, list[CheckIn]]:
        """Whether any of the scales was ever answered, and the check-ins that answer all of them."""
        if about not in self._found:
            answered, usable = False, []
            for checkin in self.series.checkins if about else ():
                has = [self.answers(checkin, scale) for scale in about]
                answered = answered or any(has)
                usable += [checkin] if all(has) else []
            self._found[about] = answered, usable
        return self._found[about]

    def _notes(self, entry: Indicator, usable: list[CheckIn], about: tuple[str, ...]) -> list[Note]:
        notes = []
        if any(self._left_out(checkin, about) for checkin in self.series.checkins):
            notes.append(Note.SCALE_CHANGED)
        if len({checkin.language for checkin in usable}) > 1:
            notes.append(Note.LANGUAGES_MIXED)
        told_apart = entry.by_checkin and self.which is CheckIns.BOTH
        if told_apart and any(not checkin.prompted for checkin in usable):
            notes.append(Note.OWN_INITIATIVE)
        return notes

    def _left_out(self, checkin: CheckIn, about: tuple[str, ...]) -> bool:
        """Whether a check-in answers all of the scales, but some of them as another version asks them."""
        return not checkin.left_out.isdisjoint(about) and all(
            scale in checkin.left_out or self.answers(checkin, scale) for scale in about
        )
