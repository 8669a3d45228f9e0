"""The command: settings from the environment, the local Kafka, running the services, maintenance."""
