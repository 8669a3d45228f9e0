"""The catalogue of indicators: what each is, where it comes from and from how many answers on it counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.events import Window

WINDOW_MS: Mapping[Window, int] = {
    Window.DAY: 86_400_000,
    Window.WEEK: 7 * 86_400_000,
    Window.MONTH: 28 * 86_400_000,
}
LONGEST_MS = max(WINDOW_MS.values())


@dataclass(frozen=True)
class Indicator:
    """A catalogue entry.

    Attributes:
        id: As it stands in the data.
        title, formula, unit, source: For people.
        minimum: Fewest answers (pairs, uses, stressful check-ins) for a value.
        minimum_day: The same for the window of one day.
        per_scale: Whether there is one for each scale.
    """

    id: str
    title: str
    formula: str
    unit: str
    source: str
    minimum: int
    minimum_day: int
    per_scale: bool = False

    def minimum_in(self, window: Window) -> int:
        """Fewest answers in a window of that length."""
        return self.minimum_day if window == Window.DAY else self.minimum


MEAN = Indicator("mean", "Mean", "Σx / n", "scale points", "—", 5, 1, per_scale=True)
SD = Indicator(
    "sd", "Standard deviation", "√(Σ(x − x̄)² / (n − 1))", "scale points", "—", 7, 3, per_scale=True
)
RMSSD = Indicator(
    "rmssd", "Instability (RMSSD)", "√(Σ(x₍b+1₎ − x₍b₎)² / pairs)", "scale points",
    "von Neumann 1941; Jahng, Wood & Trull 2008", 10, 10, per_scale=True,
)  # fmt: skip
WELLBEING = Indicator(
    "wellbeing",
    "Well-being composite",
    "50 (PA − L)/(U − L) + 50 (U − NA)/(U − L)",
    "0–100",
    "this project",
    5,
    1,
)
VARIETY = Indicator(
    "coping_variety", "Coping variety", "−Σ p ln p", "nats", "after Quoidbach et al. 2014", 10, 10
)
EFFICACY = Indicator(
    "coping_efficacy", "Coping efficacy under stress", "mean of efficacy where stress ≥ middle of its scale",
    "scale points", "this project", 5, 5,
)  # fmt: skip
COMPLIANCE = Indicator("compliance", "Compliance", "answered / (answered + expired)", "share", "—", 1, 1)

CATALOGUE = (MEAN, SD, RMSSD, WELLBEING, VARIETY, EFFICACY, COMPLIANCE)
