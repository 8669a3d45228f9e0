"""The reference pages in docs/, written from the code: commands, settings, topics, events and the store.

`uv run python -m wellstream.reference` (or `just docs`) writes them; `tests/test_docs.py` fails while one is
out of date.
"""

from wellstream.reference.pages import DOCS, PAGES, write_pages

__all__ = ["DOCS", "PAGES", "write_pages"]
