"""`python -m wellstream`."""

from wellstream.cli import app

app()
