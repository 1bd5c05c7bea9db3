"""What a policy is made of, and how the API server is told of it."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from queuedjob.api.names import GROUP, QUEUEDJOBS

CREATE_OR_CHANGE: Final = ("CREATE", "UPDATE")
NEW_SPEC: Final = {"spec-is-new": "request.operation == 'CREATE' || object.spec != oldObject.spec"}

CHANGE: Final = ("UPDATE",)
CHANGED_SPEC: Final = {"spec-is-new": "object.spec != oldObject.spec"}


@dataclass(frozen=True, slots=True)
class Check:
    """One validation. What stands in braces in `message` is CEL, evaluated where `holds` does not."""

    holds: str
    message: str

    @property
    def document(self) -> dict[str, str]:
        """As the policy has it."""
        if "{" not in self.message:
            return {"expression": self.holds, "message": self.message}
        parts = [
            part if is_cel else json.dumps(part)
            for part, is_cel in zip(re.split("[{}]", self.message), itertools.cycle((False, True)), strict=False)
            if part
        ]
        return {"expression": self.holds, "messageExpression": " + ".join(parts)}


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. All `conditions` must hold for it to be asked; expressions are CEL."""

    name: str
    operations: Sequence[str]
    conditions: Mapping[str, str]
    checks: Sequence[Check]
    variables: Mapping[str, str] = field(default_factory=dict)
    resource: str = QUEUEDJOBS

    @property
    def full_name(self) -> str:
        """As the API server has it, and tells whom it refuses."""
        return f"{self.name}.{GROUP}"

    def documents(self) -> Iterator[dict[str, Any]]:
        """The policy and its binding."""
        rule = {
            "apiGroups": [GROUP],
            "apiVersions": ["*"],
            "operations": list(self.operations),
            "resources": [self.resource],
        }
        yield {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": self.full_name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [rule]},
                "matchConditions": [{"name": key, "expression": value} for key, value in self.conditions.items()],
                "variables": [{"name": key, "expression": value} for key, value in self.variables.items()],
                "validations": [check.document for check in self.checks],
            },
        }
        yield {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": self.full_name},
            "spec": {"policyName": self.full_name, "validationActions": ["Deny"]},
        }
