"""The contracts of the system: events and their topics, study definitions, settings and the clock.

Every other package imports this one, and it imports none of them. It offers its modules:

- `events`, `topics`, `consumers`, `codec`, `identity`: what is on Kafka, under which names, and who reads it;
- `study`, `instrument`, `yaml_file`: definitions that researchers write in YAML;
- `sealing`: encryption of a participant's own words;
- `settings`, `clock`, `base`, `faults`: what every service needs;
- `topic_log`, `announced_studies`: reading a topic, for both sides of Kafka.
"""

__all__ = [
    "announced_studies",
    "base",
    "clock",
    "codec",
    "consumers",
    "events",
    "faults",
    "identity",
    "instrument",
    "sealing",
    "settings",
    "study",
    "topic_log",
    "topics",
    "yaml_file",
]
