"""`make bench`: the operator beside batch/v1 Job and bare pods on simulated nodes, and what its budgets say to it.

Measures whole programs from outside (dev.harness); imports nothing of the operator. Not part of `make test`: figures
depend on the machine, so nothing here fails because of one.
"""
