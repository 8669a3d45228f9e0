"""Simulated participants for the demo: they answer, miss, repeat and mistype as people do.

`send_past` sends what they did before today, `go_live` what they do from now on, and `Ledger` keeps what they
sent, so that the demo can tell whether anything was lost.
"""

from producers.simulator.ledger import Ledger
from producers.simulator.run import go_live, send_past

__all__ = ["Ledger", "go_live", "send_past"]
