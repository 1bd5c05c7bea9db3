"""The operator on a cluster, as tests, demo, benchmarks and `make run` use it: installed, then run as its own user.

Imports `dev.cluster` and nothing of the operator: what it runs is the program that users run.
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
