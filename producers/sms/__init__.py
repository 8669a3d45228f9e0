"""Outbound texts: dispatcher, send policy, throttle, templates, delivery reports, and the providers."""
