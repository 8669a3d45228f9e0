"""What operators do: create topics, enrol people, reconcile, rebuild, replay dead letters, diagnose."""
