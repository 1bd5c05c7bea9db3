"""The operator on a cluster, as tests, demo, benchmarks and `make run` use it: installed, then run as its own user.

Imports `e2e.cluster` and nothing of the operator: what it runs is the program that users run.
"""

from e2e.harness.identity import kubeconfig_of_operator
from e2e.harness.installation import install
from e2e.harness.kubectl import Kubectl, KubectlError
from e2e.harness.operator_process import OperatorError, OperatorProcess, start_operator

__all__ = [
    "Kubectl",
    "KubectlError",
    "OperatorError",
    "OperatorProcess",
    "install",
    "kubeconfig_of_operator",
    "start_operator",
]
