"""Past check-ins from a file: what its columns mean, its rows as events, and sending these."""
