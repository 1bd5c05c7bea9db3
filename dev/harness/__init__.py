"""Installs the operator on a cluster, then runs it as its own user: for tests, demo, benchmarks and `make run`.

This package imports `dev.cluster` and nothing from the operator: what it runs is the program that users run.
"""

from dev.harness.identity import kubeconfig_of_operator
from dev.harness.installation import install
from dev.harness.kubectl import Kubectl, KubectlError
from dev.harness.operator_process import OperatorError, OperatorProcess, start_operator

__all__ = [
    "Kubectl",
    "KubectlError",
    "OperatorError",
    "OperatorProcess",
    "install",
    "kubeconfig_of_operator",
    "start_operator",
]
