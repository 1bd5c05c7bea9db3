"""The QueuedJob operator: background jobs on Kubernetes that must not get lost.

Rooms, from the top: `__main__` and `wiring` compose, `kopf_watch` watches our kinds through kopf, `controllers` gather
facts, ask `policy` and apply its answer through `kube`, on the machinery of `runtime`; `api` defines the kinds. A room
imports only what is below it (pyproject.toml, import-linter).
"""

__version__ = "0.1.0"
"""The version of this release. It stands here and nowhere else; a tag `v0.1.0` is checked against it."""
