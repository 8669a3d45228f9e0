"""The web form, as pure functions that the gateway serves.

`fields` reads what was filled in, `navigation` picks the next page, `rendering` makes the HTML, `submission`
the events, `timing` the times; `feedback` draws the participant's own two weeks from `recent_answers`, which
follows Kafka; `assets` are the style and the script.
"""

__all__ = [
    "assets",
    "feedback",
    "fields",
    "navigation",
    "recent_answers",
    "rendering",
    "submission",
    "timing",
]
