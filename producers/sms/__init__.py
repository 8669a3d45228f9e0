"""Outbound texts, and the providers that carry them.

`dispatcher` follows the requested texts; `delivery` sends one, at most once; `send_policy` decides whether it
may go now, `throttle` how fast; `templates` finds its words and `segments` counts what they cost;
`delivery_reports` builds the events about it. `providers` holds one adapter for each SMS provider.
"""

__all__ = [
    "delivery",
    "delivery_reports",
    "dispatcher",
    "providers",
    "segments",
    "send_policy",
    "templates",
    "throttle",
]
