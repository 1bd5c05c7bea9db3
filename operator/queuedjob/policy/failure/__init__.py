"""What the end of an attempt means: evidence, classes, and the chain of rules that assigns the class. Pure.

May import `policy.retry` and what that may import.
"""
