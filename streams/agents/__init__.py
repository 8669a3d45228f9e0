"""The Faust agents: they only wire topics to functions, and they never raise."""
