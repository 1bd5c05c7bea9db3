"""`make chaos`: a real cluster whose parts are killed while jobs run, and a witness that does not ask the operator.

`load` says which jobs there are and how each must end, `stories` what their owners do to them, `faults` what breaks
and when, `strikes` breaks it. The jobs' own pods write to a file on the node when they start, ten times a second, and
when they end (`witness`); at the end `judging` holds that against what the API server says. Pure: faults, witness,
judging, load. Imports nothing of the operator.
"""
