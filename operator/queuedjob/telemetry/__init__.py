"""Metrics, logs and probes: how people and machines see the operator from outside.

Other packages report values by calls, or telemetry reads them from callables at each scrape; it decides nothing. It may
import `ports`, `settings`, `policy` and `api`, and knows neither the API server's adapter nor the controller machinery.
Other packages log through `structlog.get_logger()`; logs.py sets the format and the destination.
"""
