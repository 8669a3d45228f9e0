"""`python -m wellstream`."""

from wellstream.cli.app import app

app()
