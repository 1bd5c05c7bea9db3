"""`make bench`: compares the operator with batch/v1 Job and bare pods on simulated nodes, and with its budgets.

It measures whole programs from outside (dev.harness) and imports nothing from the operator. It is not part of
`make test`: figures depend on the machine, so no figure makes anything here fail.
"""
