"""`make demo`: jobs that end well and badly on a real cluster, shown while it happens, and one dead job mended.

`stage` sets up cluster, operator and namespace; `lessons` says what is to be seen; `watching` looks until it is so;
`screen` shows it; `tour` shows what a person would look at next.
"""
