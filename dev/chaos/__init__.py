"""`make chaos`: a real cluster whose parts are killed while jobs run, and a witness that does not ask the operator.

`load` defines the jobs and how each must end, `scenarios` what their owners do to them, `faults` what breaks and when,
and `strikes` breaks it. The jobs' own pods write to a file on the node when they start, ten times a second, and when
they end (`witness`); at the end `judging` compares that file with the objects of the API server. Pure: faults,
witness, judging, load. This package imports nothing from the operator.
"""
