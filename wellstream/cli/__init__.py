"""The `wellstream` command line."""
