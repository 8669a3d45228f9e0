"""The `wellstream` command, assembled from its groups.

Commands import what they need when they run, so that `--help` answers at once.
"""

import os

import typer

from wellstream.cli import dead_letters, instruments, participants, reference, run, serve, store, studies
from wellstream.cli.data import import_file, indicators
from wellstream.cli.export import export
from wellstream.cli.phone import phone
from wellstream.cli.report import report

# Matrices here are small, so further threads only wait for each other, and every service would start one on
# each core. It must be set before numpy is imported; child processes inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(
    help="Mood tracking and ecological momentary assessment: from check-ins by SMS and web to dashboards.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
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
    store.check,
    store.rebuild,
    store.sql,
    reference.codebook,
    reference.schema,
):
    app.command()(command)
app.command("import")(import_file)
for group in (serve.app, studies.app, participants.app, dead_letters.app, instruments.app):
    app.add_typer(group)
