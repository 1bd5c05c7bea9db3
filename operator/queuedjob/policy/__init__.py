"""Pure decisions: (facts, now) -> verdict.

No I/O, no clock, no randomness, no keys of Kubernetes dicts: facts come in as plain data (facts.py), what to do next
goes out as plain data (steps.py). May import `api` only. Equal facts give equal answers.
"""
