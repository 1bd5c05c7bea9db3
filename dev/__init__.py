"""What works on the project, and is no part of it: clusters, demo, benchmarks, chaos, mutants, generated files.

The operator never imports it. `cluster` and `harness` are used by the others and by the tests.
"""
