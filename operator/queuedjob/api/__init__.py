"""Our API: names and keys, identity, and the kinds as pydantic models, the one source of every default.

`types` has single values, `kinds` the models, `manifests` what is generated from both (crds/, policies/, rbac/). Pure:
imports nothing of ours but itself, does no I/O. The models are frozen; a status is edited (editing.py), never rebuilt.
"""
