"""The links of the chain in plan.py, and the status that they write. Pure.

A link is a function (facts, pods) -> Step | None. Links about the same subject share a file.
"""
