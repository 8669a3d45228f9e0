"""Measurements, run with `uv run just bench NAME`."""
