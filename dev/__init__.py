"""Tools for work on the project that are not part of it: clusters, demo, benchmarks, chaos, mutants, generated files.

The operator never imports them. The other tools and the tests use `cluster` and `harness`.
"""
