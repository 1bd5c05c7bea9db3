"""When to try again: backoff, attempts per class, deadlines, the poison pill. Pure; all durations in seconds.

May import `policy.facts`, `policy.time_math` and `api`.
"""
