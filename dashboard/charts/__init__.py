"""The charts, from data frames to Altair, each with a description in text."""
