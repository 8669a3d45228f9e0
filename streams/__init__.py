"""What happens to a check-in: parsing, indicators, and the store that keeps both."""
