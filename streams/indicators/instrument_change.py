"""Change of an instrument's scores from before to after, person by person (Jacobson & Truax 1991)."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from schemas.events import Undefined
from schemas.instrument import Instrument, Norm, ScoredScale
from streams.indicators.instrument_file import AnswersError, Filled
from streams.indicators.instruments import Score, score
from streams.indicators.measures.change import (
    RELIABLE,
    clinical_cut,
    error_of_difference,
    is_reliable,
    reliable_change,
)


class NoNorms(LookupError):
    """What a reliable change needs to know about a scale is not known, or contradicts itself."""


ACROSS = "reliable, and across the cut"
"""How changes are counted that end on the side of people without the condition (Jacobson & Truax 1991)."""


class Verdict(StrEnum):
    """What a change is called; improvement and deterioration where the manifest says what is better."""

    IMPROVED = "reliable improvement"
    DETERIORATED = "reliable deterioration"
    INCREASED = "reliable increase"
    DECREASED = "reliable decrease"
    UNCHANGED = "no reliable change"


@dataclass(frozen=True)
class Group:
    """Mean and standard deviation of a group's scores, in scale points."""

    mean: float
    sd: float


@dataclass(frozen=True)
class Given:
    """What the user states instead of, or in addition to, a manifest's norms.

    Attributes:
        norms: Id of the norms to use; empty for the only ones that there are.
        sd: Standard deviation before, in scale points.
        reliability: 0 to 1.
        without, with_condition: The groups between which the clinical cut lies.
    """

    norms: str = ""
    sd: float | None = None
    reliability: float | None = None
    without: Group | None = None
    with_condition: Group | None = None


@dataclass(frozen=True)
class Basis:
    """What the changes of a scale are judged by.

    Attributes:
        sd: Standard deviation of the scores, in scale points.
        reliability: 0 to 1.
        cut: The clinical cut c; None where the two groups are not known.
        healthier: -1 if people without the condition score below the cut, 1 if above; 0 without a cut.
        norm: The norms that were used; None if the user stated everything.
    """

    sd: float
    reliability: float
    cut: float | None
    healthier: int
    norm: Norm | None

    @property
    def least(self) -> float:
        """The difference beyond which a change is reliable, in scale points."""
        return RELIABLE * error_of_difference(self.sd, self.reliability)


@dataclass(frozen=True)
class PersonChange:
    """A person's change on a scale.

    Attributes:
        participant, scale: Whose, and on which scale of the manifest.
        pre, post: The scores; None with a `reason`.
        difference: post - pre, in scale points.
        rci: The difference in standard errors of a difference.
        change: What that amounts to.
        crossed_cut: Whether the person moved to the side of people without the condition; None where there
            is no cut or no difference.
        reason: Why there is no difference: `no_baseline` for a person who is not in the file of before,
            `no_data` for one who is not in that of after or answered nothing, `part_missing`, `no_table`.
    """

    participant: str
    scale: str
    pre: float | None
    post: float | None
    difference: float | None
    rci: float | None
    change: Verdict | None
    crossed_cut: bool | None
    reason: Undefined | None


def basis_of(instrument: Instrument, scale: ScoredScale, given: Given) -> Basis:
    """What changes of a scale are judged by: the user's numbers first, then the manifest's norms.

    Raises:
        NoNorms: Standard deviation or reliability is not known, or out of range; several norms could be
            meant; or the groups of the cut contradict the manifest.
    """
    name = f"{instrument.id}, scale {scale.id}"
    norm = _norm(name, scale, given)
    sd = given.sd if given.sd is not None else (norm.sd if norm else None)
    reliability = given.reliability if given.reliability is not None else (norm.reliability if norm else None)
    lacking = [what for what, value in (("--sd", sd), ("--reliability", reliability)) if value is None]
    if sd is None or reliability is None:
        cited = f"; {norm.source}" if norm else ""
        raise NoNorms(
            f"{name}: the manifest does not state what {' and '.join(lacking)} would{cited}; give "
            f"{' and '.join(lacking)} from a publication about people like yours"
        )
    if not 0 < sd < math.inf or not 0 <= reliability < 1:
        raise NoNorms(f"{name}: the SD must be above 0, and the reliability from 0 to below 1")
    cut, healthier = _cut(name, scale, given, norm)
    return Basis(sd, reliability, cut, healthier, norm)


def changes(
    instrument: Instrument,
    scales: Mapping[str, Basis],
    before: Sequence[Filled],
    after: Sequence[Filled],
) -> Iterator[PersonChange]:
    """The change of each person on each scale, by name; people in only one of the files included.

    Args:
        instrument: The manifest.
        scales: What to judge by, for each scale to report.
        before: Lines of the file of before, each person in one of them at most.
        after: Those of the file of after.
    """
    first, second = (
        {one.participant: score(instrument, one.answers) for one in of} for of in (before, after)
    )
    for who in sorted(first.keys() | second.keys()):
        for name, basis in scales.items():
            scale = next(one for one in instrument.scales if one.id == name)
            yield _judged(who, scale, basis, _of(first.get(who), name), _of(second.get(who), name))


def check_people(pre: Path, before: Sequence[Filled], post: Path, after: Sequence[Filled]) -> None:
    """Refuse files in which it is not certain who is who.

    Raises:
        AnswersError: A person is twice in a file, or two names differ only in capitals.
    """
    spelled: dict[str, tuple[str, Path, int]] = {}
    for path, lines in ((pre, before), (post, after)):
        seen: dict[str, int] = {}
        for one in lines:
            there = f"{path}:{one.line}: participant: {one.participant!r}"
            if one.participant in seen:
                raise AnswersError(f"{there} is also in line {seen[one.participant]}")
            seen[one.participant] = one.line
            name, where, line = spelled.setdefault(
                one.participant.casefold(), (one.participant, path, one.line)
            )
            if name != one.participant:
                raise AnswersError(f"{there} differs from {name!r} in {where}:{line} in capitals only")


def counts(found: Sequence[PersonChange]) -> list[tuple[str, str, int]]:
    """How many people have which change or, without one, which reason: scale, change or reason, people.

    The last lines count the reliable changes that crossed the cut.
    """
    tally = Counter((one.scale, str(one.change or one.reason)) for one in found)
    crossed = Counter(one.scale for one in found if one.crossed_cut and one.change != Verdict.UNCHANGED)
    lines = [(scale, what, people) for (scale, what), people in sorted(tally.items())]
    return lines + [(scale, ACROSS, people) for scale, people in sorted(crossed.items())]


def _norm(name: str, scale: ScoredScale, given: Given) -> Norm | None:
    listed = "; ".join(f"{norm.id} ({norm.sample})" for norm in scale.norms)
    if given.norms:
        chosen = next((norm for norm in scale.norms if norm.id == given.norms), None)
        if chosen is None:
            raise NoNorms(f"{name}: there are no norms {given.norms!r}; there are: {listed or 'none'}")
        return chosen
    if given.sd is not None and given.reliability is not None:
        return None
    if len(scale.norms) > 1:
        raise NoNorms(
            f"{name}: the manifest has several norms; choose with --norms, or give --sd and --reliability: "
            f"{listed}"
        )
    return scale.norms[0] if scale.norms else None


def _cut(name: str, scale: ScoredScale, given: Given, norm: Norm | None) -> tuple[float | None, int]:
    without = given.without or _group(scale, "without", norm)
    with_condition = given.with_condition or _group(scale, "with", norm)
    if without is None or with_condition is None:
        if given.without or given.with_condition:
            raise NoNorms(f"{name}: a cut needs both groups: give --without and --with-condition")
        return None, 0
    numbers = (without.mean, without.sd, with_condition.mean, with_condition.sd)
    if not all(map(math.isfinite, numbers)) or min(without.sd, with_condition.sd) <= 0:
        raise NoNorms(f"{name}: for a cut, means and SDs must be numbers, and SDs above 0")
    if without.mean == with_condition.mean:
        raise NoNorms(f"{name}: for a cut, the two groups must have different means")
    healthier = 1 if without.mean > with_condition.mean else -1
    if (scale.better == "lower" and healthier > 0) or (scale.better == "higher" and healthier < 0):
        raise NoNorms(
            f"{name}: the people without the condition would score worse than those with it "
            f"({scale.better} is better)"
        )
    return clinical_cut(*numbers).value, healthier


def _group(scale: ScoredScale, group: str, norm: Norm | None) -> Group | None:
    """The group of the norms in use, or the only one of its kind."""
    found = [norm] if norm and norm.group == group else [one for one in scale.norms if one.group == group]
    return Group(found[0].mean, found[0].sd) if len(found) == 1 else None


def _of(scores: Sequence[Score] | None, scale: str) -> Score | None:
    return next(one for one in scores if one.scale == scale) if scores else None


def _judged(
    who: str, scale: ScoredScale, basis: Basis, pre: Score | None, post: Score | None
) -> PersonChange:
    before, after = pre.value if pre else None, post.value if post else None
    if before is None or after is None:
        reason = (
            Undefined.NO_BASELINE if pre is None
            else pre.reason or (Undefined.NO_DATA if post is None else post.reason)
        )  # fmt: skip
        return PersonChange(who, scale.id, before, after, None, None, None, None, reason)
    index = reliable_change(before, after, basis.sd, basis.reliability)
    crossed = None
    if basis.cut is not None:
        crossed = (before - basis.cut) * basis.healthier < 0 <= (after - basis.cut) * basis.healthier
    verdict = _verdict(scale, after - before, reliable=bool(is_reliable(index)))
    return PersonChange(who, scale.id, before, after, after - before, index.value, verdict, crossed, None)


def _verdict(scale: ScoredScale, difference: float, *, reliable: bool) -> Verdict:
    if not reliable:
        return Verdict.UNCHANGED
    if scale.better is None:
        return Verdict.INCREASED if difference > 0 else Verdict.DECREASED
    return Verdict.IMPROVED if (difference > 0) == (scale.better == "higher") else Verdict.DETERIORATED
