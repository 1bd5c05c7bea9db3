"""The catalogues: what systems call their failures, and the text rule that each name or number belongs to. Pure.

One system a file. A catalogue repeats a list that the system's authors keep, with its source; a name or a number is
left out where the list does not say whether another attempt may succeed. The words that people use for failures are in
transient.py, permanent.py and crashes.py.
"""
