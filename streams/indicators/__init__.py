"""The mathematics: pure functions from answers to indicators."""
