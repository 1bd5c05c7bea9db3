"""`queuedjob explain`: what the facts of a job mean, as sentences and as JSON of a stable shape.

`command.py` reads and prints. `layout.py` formats the text for a terminal. All other modules are pure: they take facts
and a time, and return models.
"""
