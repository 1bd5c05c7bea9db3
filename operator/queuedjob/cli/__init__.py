"""The command `queuedjob`, for people who write jobs and people on call.

One file a command, registered in `main.py`. A command reads the cluster through our own client (`cluster.py`), has the
pure modules of `stories/` make sense of what it read, and prints that (`output.py`, `layout.py`): for people, or as
JSON whose shape is that of `stories/models.py`. What would be decided is asked of `policy`, never written again here.
May import everything but the operator's own wiring.
"""
