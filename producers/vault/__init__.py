"""The vault: numbers, keys, links, dispatches, in one encrypted file, opened by the gateway alone."""
