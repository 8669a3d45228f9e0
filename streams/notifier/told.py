"""Which calls staff were told of, in a file that survives a restart."""

import logging
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from schemas.folders import make_folder

_log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS told(channel TEXT, alert TEXT, at TEXT, PRIMARY KEY(channel, alert)) STRICT"
)


class Told:
    """The calls that each channel has told of.

    Args:
        file: Where they are kept.
        since: What was told before is forgotten.
    """

    def __init__(self, file: Path, since: datetime) -> None:
        make_folder(file.parent)
        self._connection = sqlite3.connect(file, isolation_level=None)
        # FULL may take back the last entry when the power fails: staff would be told twice.
        self._connection.execute("PRAGMA synchronous = EXTRA")
        self._connection.execute(_SCHEMA)
        self._connection.execute("DELETE FROM told WHERE at < ?", (since.isoformat(),))
        rows = self._connection.execute("SELECT channel, alert FROM told").fetchall()
        self._told = {(channel, UUID(alert)) for channel, alert in rows}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def has(self, channel: str, alert: UUID) -> bool:
        """Whether a channel has told of a call."""
        return (channel, alert) in self._told

    def add(self, channel: str, alerts: Iterable[UUID], at: datetime) -> None:
        """Remember that a channel has told of calls; only until the process ends if the disk is full."""
        for alert in alerts:
            self._told.add((channel, alert))
            try:
                self._connection.execute(
                    "INSERT OR IGNORE INTO told VALUES (?, ?, ?)", (channel, str(alert), at.isoformat())
                )
            except sqlite3.Error as error:
                _log.error("what staff were told cannot be kept: %s", error)
