"""`python -m wellstream`."""

from wellstream.cli.app import main

main()
