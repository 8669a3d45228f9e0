"""Reading topics: from given offsets in batches, or once from beginning to end."""
