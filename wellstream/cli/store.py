"""Topics and the store: `topics`, `check`, `rebuild` and `sql`."""

import asyncio
from typing import Annotated

import typer

from schemas.settings import Settings
from wellstream.cli.errors import report_errors
from wellstream.cli.output import TableFormat, TableFormatOption, out, print_frame
from wellstream.local.state import adopt_running


def topics() -> None:
    """Create the topics that are missing. Existing topics are left as they are.

    Example: `wellstream topics`
    """
    from wellstream.operations.topics import create_topics

    made = report_errors(lambda: asyncio.run(create_topics(Settings().kafka)))
    out.print(f"Created {len(made)} topics: {', '.join(made)}" if made else "All topics exist.")


def check() -> None:
    """Reconcile the store with Kafka: accepted = stored + quarantined, and every prompt has one outcome.

    Exits with 1 if something is missing.

    Example: `wellstream check`
    """
    from wellstream.operations.check import prompts, reconcile

    found = report_errors(lambda: reconcile(adopt_running()))
    asked = report_errors(lambda: prompts(adopt_running()))
    out.print(str(asked), highlight=False, soft_wrap=True)
    out.print(str(found), highlight=False)
    raise typer.Exit(0 if found.lost == asked.lost == 0 else 1)


def rebuild() -> None:
    """Recompute the store from the topics into a new file, compare the two, and install the new one.

    Stop the store first: end `up` or `demo`, or with docker-compose run
    `docker compose stop store && docker compose run --rm store wellstream rebuild`.

    Example: `wellstream rebuild`
    """
    from wellstream.operations.check import rebuild_store

    out.print(str(report_errors(lambda: rebuild_store(adopt_running()))), highlight=False)


def sql(
    query: Annotated[str, typer.Argument(help="The query, in SQL for DuckDB.")],
    format_: TableFormatOption = TableFormat.TABLE,
) -> None:
    """Run a read-only query against the store.

    Examples: `wellstream sql "select arm, count(*) from participants group by arm"` ·
    `wellstream sql "select * from prompt_log" --format csv > prompts.csv`
    """
    from streams.store.client import Reader

    settings = adopt_running()
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    print_frame(report_errors(lambda: reader.query(query)), format_)
