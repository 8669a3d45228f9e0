"""`wellstream alert`: calls for help, and who attended to them."""

from typing import Annotated

import typer

from wellstream.cli.errors import report_errors
from wellstream.cli.output import out, print_table
from wellstream.local.state import adopt_running

app = typer.Typer(
    name="alert", help="See calls for help, and record who attended to them.", no_args_is_help=True
)


@app.command(name="list")
def list_(
    attended: Annotated[
        bool, typer.Option("--attended", help="Show those of the last thirty days that somebody attended to.")
    ] = False,
) -> None:
    """Show the calls for help that nobody has attended to, oldest first.

    Example: `wellstream alert list`
    """
    from wellstream.operations.help_calls import calls

    found = report_errors(lambda: calls(adopt_running("store_token"), attended=attended))
    if found.empty:
        out.print("No call for help in the last thirty days." if attended else "No call for help is open.")
        return
    print_table(list(found.columns), found.astype(str).to_numpy().tolist())


@app.command()
def close(
    call: Annotated[str, typer.Argument(help="The id of the call, or its first characters.")],
    by: Annotated[str, typer.Option(help="Who attended to it.")],
    did: Annotated[str, typer.Option(help="What they did, in a few words and without clinical detail.")],
) -> None:
    """Record that somebody attended to a call for help. Prompts stay paused until `participant resume`.

    Example: `wellstream alert close 3f2a --by "Dr Vermeulen" --did "called, appointment today"`
    """
    from wellstream.operations.help_calls import attend

    alert, participant = report_errors(
        lambda: attend(adopt_running("store_token", "admin_token"), call, by, did)
    )
    out.print(f"Recorded for {participant} ({alert}). Their prompts are paused until you resume them.")
