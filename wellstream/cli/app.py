"""The `wellstream` command, assembled from its groups.

Commands import what they need when they run, so that `--help` answers at once.
"""

import errno
import logging
import os
import sys
from collections.abc import Sequence

import typer

from wellstream.cli import (
    alerts,
    dashboard_users,
    dead_letters,
    instruments,
    participants,
    reference,
    run,
    serve,
    store,
    studies,
    tokens,
)
from wellstream.cli.check import check
from wellstream.cli.data import import_file, indicators
from wellstream.cli.environment import unknown_variables
from wellstream.cli.errors import print_error, sentence_for
from wellstream.cli.export import export
from wellstream.cli.phone import phone
from wellstream.cli.report import report
from wellstream.cli.rotate import rotate

# Matrices here are small, so further threads only wait for each other, and every service would start one on
# each core. It must be set before numpy is imported; child processes inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(
    help="Mood tracking and ecological momentary assessment: from check-ins by SMS and web to dashboards.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback()
def _begin(context: typer.Context) -> None:
    if context.invoked_subcommand != serve.app.info.name:
        # Libraries warn about what the command itself says in a sentence.
        logging.getLogger().addHandler(logging.NullHandler())


for command in (
    run.demo,
    run.up,
    run.status,
    run.doctor,
    phone,
    indicators,
    report,
    export,
    store.topics,
    check,
    store.rebuild,
    store.sql,
    rotate,
    reference.codebook,
    reference.schema,
):
    app.command()(command)
app.command("import")(import_file)
for group in (
    serve.app,
    studies.app,
    participants.app,
    alerts.app,
    dead_letters.app,
    instruments.app,
    tokens.app,
    dashboard_users.app,
):
    app.add_typer(group)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command, and exit with its code. A failure that users can mend is one sentence and code 1."""
    for name, sentence in list(unknown_variables(os.environ)):
        print_error(sentence)
        del os.environ[name]  # the services that this command starts need not repeat it
    try:
        try:
            app(args=arguments)
        finally:
            sys.stdout.flush()
    except Exception as error:
        _discard_output()
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            sys.exit(1)  # whoever read the output has gone
        explained = sentence_for(error)
        if explained is None:
            raise
        print_error(explained)
        sys.exit(1)


def _discard_output() -> None:
    """Keep Python from failing again, as it ends, over output that cannot be written."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
