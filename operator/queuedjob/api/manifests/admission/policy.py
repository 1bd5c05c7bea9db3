"""The parts of an admission policy, and the documents that the API server gets."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from queuedjob.api.names import DEADLETTERS, GROUP, QUEUEDJOBS

CREATE_OR_CHANGE: Final = ("CREATE", "UPDATE")
NEW_SPEC: Final = {"spec-is-new": "request.operation == 'CREATE' || object.spec != oldObject.spec"}

CHANGE: Final = ("UPDATE",)
CHANGED_SPEC: Final = {"spec-is-new": "object.spec != oldObject.spec"}


@dataclass(frozen=True, slots=True)
class Check:
    """One validation. Text in braces in `message` is CEL. It is evaluated only if `holds` is false."""

    holds: str
    message: str

    @property
    def document(self) -> dict[str, str]:
        """The check as an entry of `spec.validations`."""
        if "{" not in self.message:
            return {"expression": self.holds, "message": self.message}
        parts = [
            part if is_cel else json.dumps(part)
            for part, is_cel in zip(re.split("[{}]", self.message), itertools.cycle((False, True)), strict=False)
            if part
        ]
        return {"expression": self.holds, "messageExpression": " + ".join(parts)}


@dataclass(frozen=True, slots=True)
class Scope:
    """The resources that a policy is about."""

    group: str
    version: str
    resources: Sequence[str]
    label: str = ""
    """Only objects that have this label, before or after the request. The API server looks at labels before it prepares
    an object for CEL, which is most of what a policy costs. Empty: all objects."""

    @property
    def file(self) -> str:
        """The stem of the file in which the policies of this scope are."""
        return self.resources[0].partition("/")[0]

    def constraints(self, operations: Sequence[str]) -> dict[str, Any]:
        """The scope as `spec.matchConstraints`."""
        rule = {
            "apiGroups": [self.group],
            "apiVersions": [self.version],
            "operations": list(operations),
            "resources": list(self.resources),
        }
        chosen = {"matchExpressions": [{"key": self.label, "operator": "Exists"}]}
        return {"resourceRules": [rule]} | ({"objectSelector": chosen} if self.label else {})


JOBS: Final = Scope(GROUP, "*", (QUEUEDJOBS,))
LETTERS: Final = Scope(GROUP, "*", (DEADLETTERS,))


@dataclass(frozen=True, slots=True)
class Param:
    """The object that a policy is given as `params`. Without it, the policy denies what its conditions let through."""

    api_version: str
    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. It is evaluated only if all `conditions` hold. Expressions are CEL."""

    name: str
    operations: Sequence[str]
    conditions: Mapping[str, str]
    checks: Sequence[Check]
    variables: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = JOBS
    param: Param | None = None

    @property
    def full_name(self) -> str:
        """The name of the policy in the API server. It appears in the message of a denial."""
        return f"{self.name}.{GROUP}"

    def documents(self) -> Iterator[dict[str, Any]]:
        """Yield the policy and its binding."""
        param = self.param
        kind = {} if param is None else {"paramKind": {"apiVersion": param.api_version, "kind": param.kind}}
        chosen: dict[str, Any] = {}
        if param is not None:
            named = {"name": param.name, "namespace": param.namespace}
            chosen = {"paramRef": {**named, "parameterNotFoundAction": "Deny"}}
        yield {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": self.full_name},
            "spec": {
                "failurePolicy": "Fail",
                **kind,
                "matchConstraints": self.scope.constraints(self.operations),
                "matchConditions": [{"name": key, "expression": value} for key, value in self.conditions.items()],
                "variables": [{"name": key, "expression": value} for key, value in self.variables.items()],
                "validations": [check.document for check in self.checks],
            },
        }
        yield {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": self.full_name},
            "spec": {"policyName": self.full_name, **chosen, "validationActions": ["Deny"]},
        }
