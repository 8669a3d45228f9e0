"""The mathematics: one module for each family of indicators, pure functions from answers to values."""
