"""The links of the chain in plan.py, and what they write. Pure.

A link is a function (facts, roster) -> Step | None. Links that are about one thing share a file.
"""
