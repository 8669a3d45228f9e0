"""The indicators: pure functions from one participant's answers to values."""
