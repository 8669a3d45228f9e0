"""What the gateway acknowledged to the simulator: kept across restarts, to be compared with the store."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path


@dataclass
class Ledger:
    """The simulator's own record.

    Attributes:
        path: Where it is kept.
        seed, people, days: What the participants were generated from.
        first_day: The day of the first run: from it all dates follow.
        sent_until: Everything before it was sent.
        pseudonyms: By number.
        accepted: Ids of the texts and forms that the gateway acknowledged.
        repeated: How many deliveries repeated one that was acknowledged before.
    """

    path: Path
    seed: int
    people: int
    days: int
    first_day: date
    sent_until: datetime | None = None
    pseudonyms: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    repeated: int = 0

    def save(self) -> None:
        """Write it atomically: the old one stays until the new one is complete."""
        content = {
            "seed": self.seed, "people": self.people, "days": self.days, "repeated": self.repeated,
            "first_day": self.first_day.isoformat(), "pseudonyms": self.pseudonyms,
            "sent_until": self.sent_until.isoformat() if self.sent_until else None,
            "accepted": sorted(self.accepted),
        }  # fmt: skip
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(content))
        fresh.replace(self.path)

    @classmethod
    def load(cls, path: Path, *, seed: int, people: int, days: int, today: date) -> "Ledger":
        """The previous run's ledger, if it simulated the same participants; else a new one."""
        if path.exists():
            content = json.loads(path.read_text())
            if (content["seed"], content["people"], content["days"]) == (seed, people, days):
                sent = content["sent_until"]
                return cls(
                    path, seed, people, days, date.fromisoformat(content["first_day"]),
                    datetime.fromisoformat(sent) if sent else None, content["pseudonyms"],
                    set(content["accepted"]), content["repeated"],
                )  # fmt: skip
        return cls(path, seed, people, days, today)
