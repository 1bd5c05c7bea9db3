"""The adapter to the API server: how to reach it (`client`), and what goes to and comes from it (`objects`).

May import `runtime`, `telemetry` and what is below them; keys of Kubernetes objects appear here and in `api` only.
"""
