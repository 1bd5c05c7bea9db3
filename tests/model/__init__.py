"""A small simulation: one job at an API server, its pods, a kubelet, users, and one operator that plans.

It is pure and quick: time passes only in a move, and nothing happens without a move. The server holds the true state
and checks in its ledger what must never happen. The operator knows only what has been delivered to it.
"""
