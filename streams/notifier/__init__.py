"""Telling the staff of calls for help, by e-mail and webhook: a process of its own, which nothing waits for.

`message` words what they are told, `channels` send it, `told` remembers what was told, `service` follows
Kafka.
"""
