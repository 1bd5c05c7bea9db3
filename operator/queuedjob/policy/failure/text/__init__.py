"""The text rules: what the last words of a container say about its end. Pure; English only.

The rules are rows of permanent.py, transient.py and crashes.py; rules.py puts them in order.
"""
