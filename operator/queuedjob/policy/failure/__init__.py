"""What an attempt's end means: evidence, classes, the chain of rules that gives an end its class. Pure.

May import `policy.retry` and what that may import.
"""
