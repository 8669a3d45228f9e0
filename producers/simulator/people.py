"""Who the simulated participants are, and the true effect in each arm."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from schemas.base import PhaseKind
from schemas.identity import event_id
from schemas.study import Study

EFFECT = {"cbt": 1.6, "mindfulness": 1.1, "community": 0.6}
"""Rise in latent mood, in scale points, at the end of each arm's last intervention phase."""

_KEPT = 0.7
_OTHER_ARM = 0.8
_PLACES = (
    ("nl", "Europe/Brussels"),
    ("en", "Europe/London"),
    ("ar", "Africa/Cairo"),
    ("en", "America/New_York"),
    # So that somebody is awake at every hour, and the demo is live at night too.
    ("en", "Australia/Sydney"),
)


@dataclass(frozen=True)
class Person:
    """A simulated participant; `number` is from a range reserved for fiction."""

    number: str
    arm: str
    language: str
    zone: str
    start: date
    level: float
    spread: float
    diligence: float
    seed: int


def invent(study: Study, count: int, days: int, seed: int, today: date) -> list[Person]:
    """Participants who started up to `days` ago, the last of them a week after the first."""
    draw = np.random.default_rng(seed)
    people = []
    for index in range(count):
        language, zone = _PLACES[int(draw.integers(len(_PLACES)))]
        people.append(
            Person(
                number=_number(index),
                arm=study.arms[index % len(study.arms)].id,
                language=language if language in study.languages else study.languages[0],
                zone=zone,
                start=today - timedelta(days=days - int(draw.integers(min(7, days)))),
                level=float(draw.normal(4.6, 0.9)),
                spread=float(draw.uniform(0.8, 1.6)),
                diligence=float(draw.beta(12, 2.6)),
                seed=int(event_id("simulated", str(seed), str(index)).int % 2**32),
            )
        )
    return people


def _number(index: int) -> str:
    """A number reserved for fiction: 07700 900000 to 900999 (Ofcom), then 555-0100 to 555-0199 (NANPA)."""
    if index < 1000:
        return f"+447700{900_000 + index}"
    area, line = divmod(index - 1000, 100)
    return f"+1{201 + area}55501{line:02d}"


def gain(study: Study, arm_id: str, study_day: int) -> float:
    """How much higher than at baseline an arm's latent mood is on a study day: the true effect.

    It rises evenly over the days of intervention, stays in a washout, and falls to 70 % of itself by the
    end of the follow-up.
    """
    arm = study.arm(arm_id)
    if arm is None:
        return 0.0
    total = sum(phase.days for phase in arm.phases if phase.kind == PhaseKind.INTERVENTION)
    peak = EFFECT.get(arm_id, _OTHER_ARM)
    risen, first = 0.0, 1
    for phase in arm.phases:
        inside = min(max(study_day - first + 1, 0), phase.days)
        if phase.kind == PhaseKind.INTERVENTION:
            risen += peak * inside / total
        elif phase.kind == PhaseKind.FOLLOW_UP:
            risen -= risen * (1 - _KEPT) * inside / phase.days
        first += phase.days
    return risen
