"""`make demo`. ^C ends it with one line at any time, also while its modules are still imported."""

import sys

try:
    from dev.demo.show import main

    STATUS = main()
except KeyboardInterrupt:
    print(
        "\nInterrupted. What was started goes on: make demo begins afresh, make cluster-down stops all of it.",
        file=sys.stderr,
    )
    STATUS = 130  # the status that shells report for a program that ^C ended
sys.exit(STATUS)
