"""Where the files are that come with wellstream."""

from pathlib import Path

STUDIES = Path(__file__).resolve().parents[2] / "studies"
"""The studies that come with it, the demo's among them."""
