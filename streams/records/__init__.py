"""A participant's timeline: check-ins and prompts in event time, and which check-in answers which prompt."""
