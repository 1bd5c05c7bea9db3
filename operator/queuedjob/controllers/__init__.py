"""Gather facts, ask `policy`, apply the answer. No decision hides in here.

A folder a kind (`job`, `deadletter`), none of which imports another. What serves all kinds (stores, keys, routing,
inventory, context) stands beside the folders and names no kind.
"""
