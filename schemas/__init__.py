"""The contracts of the system: events and their topics, study definitions, settings and the clock.

Every other package imports this one, and it imports none of them. It offers its modules:

- `events`, `topics`, `consumers`, `codec`, `identity`: what is on Kafka, where, and who consumes it;
- `study`, `instrument`, `yaml_file`: definitions that researchers write in YAML;
- `sealing`: encryption of participants' free text;
- `settings`, `clock`, `base`, `faults`: what every service needs;
- `networks`: which network a request comes from, behind trusted proxies;
- `topic_log`, `announced_studies`: reading topics, for producers and streams alike;
- `http_server`: serving within limits, for the gateway and the store.
"""

__all__ = [
    "announced_studies",
    "base",
    "clock",
    "codec",
    "consumers",
    "events",
    "faults",
    "http_server",
    "identity",
    "instrument",
    "networks",
    "sealing",
    "settings",
    "study",
    "topic_log",
    "topics",
    "yaml_file",
]
