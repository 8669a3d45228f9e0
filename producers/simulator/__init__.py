"""Invented participants for the demo: they answer, miss, repeat and mistype as people do."""
