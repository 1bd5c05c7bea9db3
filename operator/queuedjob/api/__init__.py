"""The operator's API: names and keys, identity, and the kinds as pydantic models, the one source of every default.

`types` has single values, `kinds` the models, `manifests` what is generated from both (crds/, policies/, rbac/).
This package is pure: it imports only itself from this project and does no I/O. The models are frozen. A status is
edited (editing.py), never rebuilt.
"""
