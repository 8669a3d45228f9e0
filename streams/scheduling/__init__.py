"""When to ask: a plan for each person's day, and what is due of it at a moment."""
