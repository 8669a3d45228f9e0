"""A process that writes rows with their offsets into a store, and says after each commit how far it has come.

python -m tests.streams.store.storing FILE
"""

import sys
from pathlib import Path
from uuid import UUID

from schemas.study.file import load_study
from streams.store.projection import project
from streams.store.schema import Rows
from streams.store.writer import open_store, write
from tests.conftest import DEMO
from tests.made_events import START, own

PLACE = ("checkins.v1", 0)
COMMITS, EACH = 40, 25


def main(file: Path) -> None:
    """Write, and have DuckDB bring its log into the file now and then."""
    study = load_study(DEMO)
    connection = open_store(file)
    for turn in range(COMMITS):
        rows: Rows = {}
        for number in range(turn * EACH, (turn + 1) * EACH):
            event = own(study, START, mood=5).model_copy(update={"event_id": UUID(int=number)})
            for name, more in project(event).items():
                rows.setdefault(name, []).extend(more)
        write(connection, rows, {PLACE: (turn + 1) * EACH})
        sys.stdout.write(f"{(turn + 1) * EACH}\n")
        sys.stdout.flush()
        if turn % 12 == 11:
            connection.execute("checkpoint")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
