"""Metrics, logs and probes: how people and machines see the operator from outside."""
