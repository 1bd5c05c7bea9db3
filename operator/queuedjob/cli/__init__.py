"""The command `queuedjob`, for users who write jobs and for people on call.

Each subcommand has a folder, and is registered in `main.py`. A subcommand reads the cluster through the operator's own
client (`cluster.py`). Pure modules interpret what was read. `output.py` prints the result: text for people, or JSON of
a stable shape. `policy` decides what the operator would do: no decision is written a second time here. This package may
import everything except the operator's wiring.
"""
