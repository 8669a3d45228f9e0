"""Colours and type. The palette is that of Okabe & Ito (2008), safe for colour-blind readers."""

from typing import Any

INK, SOFT, GRID, GROUND = "#1c2b33", "#5b6b73", "#e4e8ea", "#ffffff"
ARM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
ARM_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
PHASE_COLOURS = {
    "baseline": "#f1f2f2",
    "intervention": "#dcebf5",
    "washout": "#f8efd9",
    "follow-up": "#e5f2ea",
}
OUTCOME_COLOURS = {"answered": "#0072B2", "expired": "#E69F00", "pending": "#d5dbde"}

STREAMLIT_THEME = {
    "theme.base": "light",
    "theme.primaryColor": "#0072B2",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f5f7f8",
    "theme.textColor": INK,
    "theme.baseRadius": "medium",
}


def configured(chart: Any) -> Any:
    """A chart in our type and colours."""
    return (
        chart.configure_view(stroke=None)
        .configure_axis(
            labelColor=SOFT, titleColor=SOFT, gridColor=GRID, domainColor=GRID, tickColor=GRID,
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal",
        )
        .configure_header(labelFontSize=14, labelColor=INK, labelFontWeight="bold", title=None)
        .configure_legend(labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=SOFT)
    )  # fmt: skip
