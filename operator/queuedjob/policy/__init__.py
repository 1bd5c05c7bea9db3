"""Pure decisions: (facts, now) -> verdict.

No I/O, no clock, no random numbers, no keys of Kubernetes dicts. The input is plain data (facts.py). The output, what
to do next, is plain data, too (steps.py). May import `api` only. Equal facts give equal answers.
"""
