"""A conversation by SMS: what a text means, and what follows from it."""
