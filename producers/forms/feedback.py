"""A participant's last two weeks as a chart and a text alternative, without any judgement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from locales import bidi_number, direction, form_texts
from producers.forms.recent_answers import DAYS, RecentCheckIn, mood_scale
from schemas.base import Measure
from schemas.study import Study

_WIDTH, _HEIGHT, _MARGIN = 300, 110, 8


@dataclass(frozen=True)
class Fortnight:
    """Fourteen days of one participant.

    Attributes:
        last: The last day.
        means: Mean mood of each day, oldest first; None for a day without an answer.
        checkins: Number of check-ins, with or without an answer about mood.
        days: Number of days with a check-in.
    """

    last: date
    means: tuple[float | None, ...]
    checkins: int
    days: int


def fortnight(study: Study, checkins: Iterable[RecentCheckIn], last: date) -> Fortnight | None:
    """The fourteen days up to `last`; None if they have no answer about mood."""
    scale = mood_scale(study)
    dates = [last - timedelta(days=DAYS - 1 - place) for place in range(DAYS)]
    counted = [one for one in checkins if not one.retracted and dates[0] <= one.day <= last]
    if scale is None:
        return None
    bounds = (scale.min, scale.max)
    moods = [(m.day, m.mood) for m in counted if m.mood is not None and m.scale == bounds]
    if not moods:
        return None
    by_day = [[mood for day, mood in moods if day == one] for one in dates]
    means = tuple(fmean(given) if given else None for given in by_day)
    return Fortnight(last, means, len(counted), len({one.day for one in counted}))


def picture(study: Study, language: str, shown: Fortnight) -> dict[str, object]:
    """What the thank-you page's template needs: sentences, and coordinates in a box of fixed size.

    Time runs in the direction of the language: in Arabic, the last day is on the left.
    """
    ui = form_texts(language)
    scale = mood_scale(study)
    if scale is None:
        raise ValueError("the chart needs an item that measures mood")
    say = study.in_language
    asked = " / ".join(say(item.text, language) for item in study.items_of(Measure.VALENCE))
    points = [
        None
        if mean is None
        else (_across(place, language), _up((mean - scale.min) / (scale.max - scale.min)))
        for place, mean in enumerate(shown.means)
    ]
    return {
        "title": ui.recent_title,
        "count": ui.recent_count.format(checkins=shown.checkins, days=shown.days, of=DAYS),
        "explained": ui.recent_dots.format(asked=asked),
        "low": f"{bidi_number(scale.min)} = {say(scale.low, language)}",
        "high": f"{bidi_number(scale.max)} = {say(scale.high, language)}",
        "first_day": ui.recent_first,
        "last_day": ui.recent_last,
        "width": _WIDTH,
        "height": _HEIGHT,
        "line": _line(points),
        "points": [point for point in points if point],
        "described": ", ".join(_day_label(shown, place) for place in range(DAYS)),
    }


def _across(place: int, language: str) -> str:
    x = _MARGIN + place * (_WIDTH - 2 * _MARGIN) / (DAYS - 1)
    return f"{_WIDTH - x if direction(language) == 'rtl' else x:.1f}"


def _up(share: float) -> str:
    return f"{_HEIGHT - _MARGIN - share * (_HEIGHT - 2 * _MARGIN):.1f}"


def _line(points: list[tuple[str, str] | None]) -> str:
    """An SVG path that joins neighbouring days and leaves a gap at a day without an answer."""
    parts = []
    for before, point in zip([None, *points], points, strict=False):
        if point:
            parts.append(f"{'L' if before else 'M'}{point[0]} {point[1]}")
    return "".join(parts)


def _day_label(shown: Fortnight, place: int) -> str:
    day = shown.last - timedelta(days=DAYS - 1 - place)
    mean = shown.means[place]
    return f"{day.day}/{day.month}: {'–' if mean is None else f'{mean:.1f}'.removesuffix('.0')}"
