"""Topics and the store: `topics`, `rebuild` and `sql`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from wellstream.cli.errors import report_errors
from wellstream.cli.output import TableFormat, TableFormatOption, out, print_frame
from wellstream.local.state import adopt_running

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellstream.operations.topics import TopicState

_DAY_MS = 24 * 60 * 60 * 1000


def topics(
    apply: Annotated[
        bool, typer.Option("--apply", help="Give existing topics the settings that they should have.")
    ] = False,
) -> None:
    """Create the topics that are missing, and show where the others' settings are not as declared.

    Where Kafka asks for users, every service's user gets its rights to the topics, too, and the password
    that is set here for it, such as WELLSTREAM_KAFKA_STORE_PASSWORD.

    Existing topics stay as they are without `--apply`; their partitions never change.

    Examples: `wellstream topics` · `wellstream topics --apply`
    """
    from schemas.settings import refuse_weak_secrets
    from wellstream.operations.kafka_users import set_passwords
    from wellstream.operations.topic_rights import grant
    from wellstream.operations.topics import align_topics, record_retention

    def align() -> list[TopicState]:
        settings = adopt_running("kafka")
        refuse_weak_secrets(settings)
        retention = record_retention(settings)
        if settings.kafka_users:
            asyncio.run(set_passwords(settings.broker, settings.kafka_users))
        states = asyncio.run(align_topics(settings.broker, record_days=retention, apply=apply))
        if settings.kafka_user:
            asyncio.run(grant(settings.broker))
        return states

    found = report_errors(align)
    out.print(topics_table(found, applied=apply))
    different = [state for state in found if state.differences]
    if different and not apply:
        out.print("Run `wellstream topics --apply` to change the settings that differ.", highlight=False)


def topics_table(found: Iterable[TopicState], *, applied: bool) -> Table:
    """Each topic with its partitions, retention and state."""
    shown = Table("topic", "partitions", "retention", "state", box=None)
    for one in found:
        kept = one.declared["retention.ms"]
        differences = [
            f"{name} {'was' if applied else 'is'} {_setting(name, actual)}, "
            f"{'now' if applied else 'should be'} {_setting(name, wanted)}"
            for name, (actual, wanted) in one.differences.items()
        ]
        state = "created" if one.created else "\n".join(differences) or "as declared"
        shown.add_row(one.topic.name, str(one.topic.partitions), _setting("retention.ms", kept), state)
    return shown


def _setting(name: str, value: str) -> str:
    if name != "retention.ms" or not value:
        return value or "not set"
    return "for ever" if value == "-1" else f"{int(value) / _DAY_MS:g} days"


def rebuild(
    accept_loss: Annotated[
        list[str] | None,
        typer.Option("--accept-loss", metavar="TABLE", help="A table that may lose rows; repeatable."),
    ] = None,
) -> None:
    """Recompute the store from the topics into a new file, compare the two, and install the new one.

    A new file that has lost rows is not installed, unless each table that lost some is named with
    `--accept-loss`.

    `up` and `demo` may go on meanwhile: the store changes over to the new file by itself, and readers notice
    nothing. With docker-compose run `docker compose exec store wellstream rebuild`.

    Examples: `wellstream rebuild` · `wellstream rebuild --accept-loss messages`
    """
    from wellstream.operations.rebuild import rebuild_store

    out.print(
        str(report_errors(lambda: rebuild_store(adopt_running("kafka"), accept_loss or ()))), highlight=False
    )


def sql(
    query: Annotated[str, typer.Argument(help="The query, in SQL for DuckDB.")],
    format_: TableFormatOption = TableFormat.TABLE,
) -> None:
    """Run a read-only query against the store.

    `show tables` lists what can be read, `describe TABLE` its columns.

    Examples: `wellstream sql "select arm, count(*) from participants group by arm"` ·
    `wellstream sql "select * from prompt_log" --format csv > prompts.csv`
    """
    from streams.store.client import Reader

    settings = report_errors(lambda: adopt_running("store_token"))
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    print_frame(report_errors(lambda: reader.query(query)), format_)
