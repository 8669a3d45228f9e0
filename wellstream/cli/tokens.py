"""`wellstream token`: who may read the store."""

from __future__ import annotations

from typing import Annotated

import typer

from schemas.clock import now
from wellstream.cli.errors import report_errors
from wellstream.cli.output import err, out, print_table
from wellstream.local.state import adopt_running

app = typer.Typer(name="token", help="Tokens for those who read the store.", no_args_is_help=True)
_Name = Annotated[str, typer.Argument(help="Whose it is, such as `ann` or `notebook-2`.")]


@app.command()
def add(
    name: _Name,
    role: Annotated[str, typer.Option(help="What it may read; `staff`: all tables and views.")] = "staff",
) -> None:
    """Make a token, which is shown this once: the store keeps only a hash of it.

    With docker-compose run `docker compose exec store wellstream token add NAME`.

    Example: `wellstream token add ann`
    """
    from streams.store.tokens import Role, TokenFile

    if role not in set(Role):
        raise typer.BadParameter(
            f"there is no role {role}; there are: {', '.join(Role)}", param_hint="--role"
        )
    settings = report_errors(lambda: adopt_running("store_token"))
    text = report_errors(lambda: TokenFile(settings.store_tokens_path).add(name, Role(role), now()))
    out.print(text, highlight=False, soft_wrap=True)
    err.print(
        f"The token of {name} reads the store at {settings.store_uri}. It is not kept: copy it now, and give "
        "it as WELLSTREAM_STORE_TOKEN or as shown in docs/reading.md.",
        highlight=False,
        soft_wrap=True,
    )


@app.command("list")
def list_() -> None:
    """Show whose tokens there are, without the tokens.

    Example: `wellstream token list`
    """
    from streams.store.tokens import TokenFile

    found = report_errors(lambda: TokenFile(adopt_running("store_token").store_tokens_path).read())
    print_table(("name", "role", "made at"), ((one.name, one.role, one.made_at) for one in found))


@app.command()
def revoke(name: _Name) -> None:
    """Revoke a token: from now on the store refuses it.

    Example: `wellstream token revoke ann`
    """
    from streams.store.tokens import TokenFile

    report_errors(lambda: TokenFile(adopt_running("store_token").store_tokens_path).revoke(name))
    out.print(f"The store no longer knows the token of {name}.", highlight=False, soft_wrap=True)
