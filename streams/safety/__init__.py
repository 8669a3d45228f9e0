"""What calls for attention: words of crisis and control-chart alerts."""
