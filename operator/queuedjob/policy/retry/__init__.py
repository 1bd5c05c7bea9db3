"""When to try again: backoff, attempts of single classes, deadlines, the poison pill. Pure; seconds throughout.

May import `policy.facts`, `policy.time_math` and `api`.
"""
