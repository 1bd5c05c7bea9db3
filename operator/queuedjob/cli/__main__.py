"""`python -m queuedjob.cli`: the command `queuedjob`, where it is not installed."""

from queuedjob.cli.main import main

main()
