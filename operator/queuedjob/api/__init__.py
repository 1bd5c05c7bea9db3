"""The kinds as pydantic models: the one source of `crds/` and of every default.

Here live names and keys of our API, field types (durations, times), models, and what is generated from them. Pure:
imports nothing of ours but itself, does no I/O. The models are frozen; a status is edited, never rebuilt.
"""
