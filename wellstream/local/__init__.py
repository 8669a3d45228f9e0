"""Everything on one machine: Kafka and the services as supervised child processes, and the demo."""
