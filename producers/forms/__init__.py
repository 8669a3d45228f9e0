"""The web form, as pure functions that the gateway serves.

`fields` parses a submitted form, `calls` finds cries for help in it, `navigation` picks the next page,
`rendering` writes the HTML, `submission` builds the events, `timing` checks the times that the page reports;
`feedback` charts the participant's last two weeks from `recent_answers`, which follows Kafka; `assets` are
the stylesheet and the script.
"""

__all__ = [
    "assets",
    "calls",
    "feedback",
    "fields",
    "navigation",
    "recent_answers",
    "rendering",
    "submission",
    "timing",
]
