"""`make demo`. ^C ends it with one line from the first moment on, also while its modules are still read."""

import sys

try:
    from dev.demo.show import main

    STATUS = main()
except KeyboardInterrupt:
    print(
        "\nInterrupted. What was started goes on: make demo begins afresh, make cluster-down stops all of it.",
        file=sys.stderr,
    )
    STATUS = 130  # what shells say of a program that ^C ended
sys.exit(STATUS)
