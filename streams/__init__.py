"""What happens to a check-in: the conversation, indicators, prompts, and the store that keeps it all."""
