"""Gather facts, ask `policy`, apply the answer. This package makes no decisions.

Each kind has a folder (`job`, `deadletter`); no folder imports another. The modules for all kinds (stores, keys,
routing, inventory, namespaces, events, context) are beside the folders and name no kind.
"""
