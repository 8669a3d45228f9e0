"""What programs read about wellstream: `codebook` and `schema`."""

import csv
import json
import sys


def codebook() -> None:
    """Print the codebook as CSV: formula, unit, range, edge cases and source of each indicator and method.

    The same catalogue is in docs/indicators.md and in the store's table `catalogue`.

    Example: `wellstream codebook > codebook.csv`
    """
    from dataclasses import astuple, fields

    from streams.store.catalogue import Entry, entries

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in fields(Entry))
    writer.writerows(astuple(entry) for entry in entries())


def schema() -> None:
    """Print the JSON Schema of the events on the topics.

    Example: `wellstream schema > events.schema.json`
    """
    from pydantic import TypeAdapter

    from schemas.events import Event

    print(json.dumps(TypeAdapter(Event).json_schema(), indent=2))
