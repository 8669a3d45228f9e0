"""Where the files that come with wellstream are."""

from pathlib import Path

STUDIES = Path(__file__).resolve().parents[2] / "studies"
"""The studies that come with wellstream, including the demo."""
