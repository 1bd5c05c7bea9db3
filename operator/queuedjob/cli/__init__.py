"""The command `queuedjob`, for people who write jobs and people on call.

A folder a command, registered in `main.py`. A command reads the cluster through our own client (`cluster.py`), has pure
modules make sense of what it read, and prints that (`output.py`): for people, or as JSON of a stable shape. What would
be decided is asked of `policy`, never written again here. May import everything but the operator's own wiring.
"""
