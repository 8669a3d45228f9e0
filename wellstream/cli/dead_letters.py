"""`wellstream dead-letters`: records that could not be read or used."""

import asyncio
from typing import Annotated

import typer

from wellstream.cli.errors import report_errors
from wellstream.cli.output import TableFormat, TableFormatOption, err, out
from wellstream.cli.store import sql
from wellstream.local.state import adopt_running

app = typer.Typer(
    name="dead-letters", help="List and replay records that could not be processed.", no_args_is_help=True
)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    format_: TableFormatOption = TableFormat.TABLE,
) -> None:
    """List the newest dead letters: where each came from, and why it was quarantined.

    Example: `wellstream dead-letters list --limit 10`
    """
    sql(
        'select occurred_at, topic, "partition", "offset", reason, detail, participant '  # noqa: S608
        f"from dead_letters order by occurred_at desc limit {limit:d}",
        format_,
    )


@app.command()
def replay(
    reason: Annotated[str, typer.Option(help="Only this reason, such as unknown_version.")] = "",
    topic: Annotated[str, typer.Option(help="Only records from this topic.")] = "",
) -> None:
    """Put dead letters back on their topics once the cause has been fixed.

    A record that still cannot be processed becomes a dead letter again. Submissions that the gateway refused
    never were on a topic and stay where they are.

    Example: `wellstream dead-letters replay --reason unknown_version`, after an upgrade
    """
    from schemas.events import Reason
    from wellstream.operations.dead_letters import REPLAYABLE
    from wellstream.operations.dead_letters import replay as replay_them

    if topic and topic not in REPLAYABLE:
        err.print(f"There is no topic {topic!r}. The topics are {', '.join(sorted(REPLAYABLE))}.")
        raise typer.Exit(2)
    if reason and reason not in set(Reason):
        err.print(f"There is no reason {reason!r}. The reasons are {', '.join(Reason)}.")
        raise typer.Exit(2)
    settings = adopt_running("kafka")
    chosen = Reason(reason) if reason else None
    replayed = report_errors(lambda: asyncio.run(replay_them(settings, chosen, topic or None)))
    out.print(str(replayed), highlight=False)
