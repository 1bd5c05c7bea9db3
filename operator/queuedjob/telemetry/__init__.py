"""Metrics, logs and probes: how people and machines see the operator from outside.

What is measured is told to it, or read from callables at each scrape; it decides nothing. May import `ports`,
`settings`, `policy` and `api`; knows neither the API server's adapter nor the machinery. Other rooms log through
`structlog.get_logger()`; logs.py says in which form and where to.
"""
