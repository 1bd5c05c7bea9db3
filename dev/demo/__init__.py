"""`make demo`: jobs that end well and badly on a real cluster, shown while they run, and one dead job that is fixed.

`env` sets up cluster, operator and namespace; `lessons` says what each job shows and how it ends; `watching` polls
until all have ended; `screen` shows them; `tour` runs the commands that a user would run next.
"""
