"""`queuedjob release`: takes the finalizer off pods of jobs where the operator is gone.

`command.py` asks and prints, `held.py` reads and writes the pods, `operator_signs.py` decides whether an operator seems
to run. `models.py` has the shape of the JSON, `layout.py` the text for people.
"""
