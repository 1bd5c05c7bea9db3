"""`queuedjob explain`: what a job's facts mean, in sentences and in a stable JSON shape.

`command.py` reads and prints, `layout.py` lays out for a terminal; all else is pure: facts and a time in, models out.
"""
