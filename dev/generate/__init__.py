"""Writes what is generated from the code: crds/, policies/, rbac/, a chapter of the docs, and the pod schema."""
