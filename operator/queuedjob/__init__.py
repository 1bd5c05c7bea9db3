"""The QueuedJob operator: background jobs on Kubernetes that must not get lost.

Rooms, from the top: `__main__` wires, `handlers` watches our kinds through kopf, `controllers` gather facts, ask
`policy` and apply its answer through `kube`, on the machinery of `runtime`; `api` defines the kinds. A room imports
only what is below it (pyproject.toml, import-linter).
"""
