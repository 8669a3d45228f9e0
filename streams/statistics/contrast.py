"""Differences between arms in their change from baseline: the only numbers that can be effects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schemas.base import PhaseKind
from streams.statistics.arm_changes import ArmChange, Estimate
from streams.statistics.catalogue import CONTRAST
from streams.statistics.claims import Claim
from streams.statistics.plan import Comparison
from streams.statistics.result import Interval, Reason, ends, only_rounding, wald
from streams.statistics.rows import Row


class ContrastMethod(StrEnum):
    """What a difference between two arms is computed from."""

    POOLED_CHANGES = "pooled_changes"
    WELCH_T = "welch_t"


@dataclass(frozen=True)
class Difference:
    """A difference between two arms in their change from baseline.

    Attributes:
        value: Change in the arm minus change in the reference arm, in the outcome's unit.
        interval: 95 %: Student's t with Welch-Satterthwaite degrees of freedom.
        p: Two-sided, 0-1.
        reason: Why a value is None.
    """

    value: float | None
    interval: Interval | None
    p: float | None
    reason: Reason | None = None


@dataclass(frozen=True)
class Modelled:
    """The same difference in the mixed model, as a second opinion: its term `phase:arm`.

    Attributes:
        estimate: In the outcome's unit.
        interval: 95 %.
        p: Two-sided, 0-1.
        reason: Why there is none.
    """

    estimate: float | None
    interval: Interval | None
    p: float | None
    reason: Reason | None = None


@dataclass(frozen=True)
class Contrast:
    """A contrast as it may be shown.

    Attributes:
        arm, reference: The change in `arm` minus that in `reference`.
        kind: The kind of phase that the change is to.
        claim: What the number may be called.
        estimate, interval: In the outcome's unit, with its 95 % interval; `reason` says why one is None.
        method: How it was computed.
        p: Two-sided, 0-1.
        p_adjusted: Adjusted by Benjamini-Hochberg over all contrasts of the study.
        people, people_reference: How many people the two changes are based on; None if suppressed.
        reason: Why a value is None.
        modelled: The mixed model's.
    """

    arm: str
    reference: str
    kind: str
    claim: Claim
    estimate: float | None
    interval: Interval | None
    method: ContrastMethod | None
    p: float | None
    p_adjusted: float | None
    people: int | None
    people_reference: int | None
    reason: Reason | None
    modelled: Modelled

    def row(self) -> dict[str, Any]:
        """The contrast as a row of a table."""
        mixed = self.modelled
        return {
            "arm": self.arm, "reference": self.reference, "phase": self.kind, "claim": self.claim.value,
            "estimate": self.estimate, **ends(self.interval), "p": self.p, "p_adjusted": self.p_adjusted,
            "people": self.people, "people_reference": self.people_reference,
            "method": self.method.value if self.method else None,
            "reason": self.reason.value if self.reason else None,
            "mixed_estimate": mixed.estimate,
            **{f"mixed_{name}": value for name, value in ends(mixed.interval).items()},
            "mixed_p": mixed.p, "mixed_reason": mixed.reason.value if mixed.reason else None,
        }  # fmt: skip


def difference(arm: Estimate, reference: Estimate, minimum: int = CONTRAST.minimum) -> Difference:
    """The difference between two independent changes (Welch 1947; Satterthwaite 1946).

    se^2 = se_1^2 + se_2^2 and df = se^4 / (se_1^4/(k_1 - 1) + se_2^4/(k_2 - 1)), which anybody can recompute
    from the two changes. For mean differences over people, this is Welch's two-sample t.

    Args:
        arm: The change in the arm; its standard error has people - 1 degrees of freedom.
        reference: The same of the reference arm.
        minimum: How many people each arm needs.
    """
    sides = (arm, reference)
    if fewest := [side for side in sides if side.people < max(minimum, 2)]:
        nobody = next((side.reason for side in fewest if side.people == 0), None)
        return Difference(None, None, None, nobody or Reason.TOO_FEW)
    if arm.value is None or reference.value is None:
        return Difference(None, None, None, arm.reason or reference.reason)
    value = arm.value - reference.value
    if arm.se is None or reference.se is None:
        return Difference(value, None, None, arm.reason or reference.reason)
    se = math.hypot(arm.se, reference.se)
    if only_rounding(se, arm.value, reference.value):
        return Difference(value, None, None, Reason.ZERO_VARIANCE)
    # Shares of se^2, because a fourth power of a small number would vanish.
    parts = [(side.se or 0.0) / se for side in sides]
    df = 1 / math.fsum(part**4 / (side.people - 1) for part, side in zip(parts, sides, strict=True))
    interval, p = wald(value, se, df)
    return Difference(value, interval, p)


def modelled(rows: Sequence[Row], compared: Comparison) -> Modelled:
    """The term `phase:arm` of the mixed model of the two arms.

    Args:
        rows: Observations of the outcome; those of other arms and phases are ignored.
        compared: The arms and the kind of phase.
    """
    # Here, because it is slow to import and readers of tables do not need it.
    from streams.statistics.mixed import phase_by_arm

    arm, reference = compared.arm.id, compared.reference.id
    used = [
        row for row in rows
        if row.arm in (arm, reference) and row.phase in (PhaseKind.BASELINE, compared.kind)
    ]  # fmt: skip
    if {row.arm for row in used} != {arm, reference}:
        return Modelled(None, None, None, Reason.NO_DATA)
    found = phase_by_arm(used, PhaseKind.BASELINE, compared.kind, reference)
    term = found.effect(f"phase:arm {arm}")
    if term is None:
        return Modelled(None, None, None, found.reason)
    return Modelled(term.estimate, term.interval, term.p)


def contrast(
    arm: ArmChange,
    reference: ArmChange,
    compared: Comparison,
    method: ContrastMethod,
    rows: Sequence[Row] | None,
) -> Contrast:
    """What may be shown of a comparison: nothing if either change is hidden; its p is not adjusted yet.

    Args:
        arm: The change in the arm.
        reference: The change in the reference arm.
        compared: The arms and the kind of phase.
        method: What the changes are.
        rows: Observations of the outcome, for the mixed model; None if it is not wanted.
    """
    names = (compared.arm.id, compared.reference.id, compared.kind, compared.claim)
    if not (arm.visible and reference.visible):
        hidden = Modelled(None, None, None, Reason.SUPPRESSED)
        return Contrast(*names, None, None, None, None, None, None, None, Reason.SUPPRESSED, hidden)
    found = difference(arm.found, reference.found)
    without = Modelled(None, None, None, Reason.NOT_FITTED)
    return Contrast(
        *names, found.value, found.interval, method if found.interval else None, found.p, None,
        arm.found.people, reference.found.people, found.reason,
        without if rows is None else modelled(rows, compared),
    )  # fmt: skip
