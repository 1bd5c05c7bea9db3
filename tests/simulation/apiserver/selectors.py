"""Label and field selectors, as LIST and WATCH take them."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from tests.simulation.apiserver.refusals import bad_request
from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS, TOLD, Resource
from tests.simulation.apiserver.storage import Body, Snapshot

Matches: TypeAlias = Callable[[Snapshot], bool]
_Test: TypeAlias = Callable[[Mapping[str, str]], bool]

_COMMA: Final = re.compile(r",(?![^(]*\))")
"""A comma between requirements, not between the values of one requirement."""
_SET: Final = re.compile(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)")

_FIELDS: Final[Mapping[Resource, frozenset[str]]] = {
    PODS: frozenset({"spec.nodeName", "status.phase", "spec.restartPolicy"}),
    JOBS: frozenset({"spec.type", "spec.queue", "status.phase"}),
    TOLD: frozenset(
        {"involvedObject.uid", "involvedObject.name", "involvedObject.kind", "reason", "type", "reportingComponent"}
    ),
    LETTERS: frozenset({"spec.jobRef.name", "spec.reason", "spec.fingerprint", "status.phase"}),
}


@lru_cache(maxsize=256)
def selector(resource: Resource, namespace: str, labels: str, fields: str) -> Matches:
    """A test whether an object is in the namespace (empty: any) and matches both selectors. Raises Refusal."""
    label_tests = [_label_test(part.strip()) for part in _COMMA.split(labels) if part.strip()]
    field_tests = [_field_test(resource, part) for part in fields.split(",") if part]

    def matches(it: Snapshot) -> bool:
        return (
            (not namespace or it.namespace == namespace)
            and all(test(it.labels) for test in label_tests)
            and all(test(it.body) for test in field_tests)
        )

    return matches


def _label_test(requirement: str) -> _Test:
    if found := _SET.fullmatch(requirement):
        key, values = found[1], frozenset(value.strip() for value in found[3].split(","))
        return (lambda at: at.get(key) in values) if found[2] == "in" else (lambda at: at.get(key) not in values)
    if "!=" in requirement:
        key, _, value = requirement.partition("!=")
        return lambda at: at.get(key) != value
    if "=" in requirement:
        key, _, value = requirement.replace("==", "=").partition("=")
        return lambda at: at.get(key) == value
    if requirement.startswith("!"):
        return lambda at: requirement[1:] not in at
    return lambda at: requirement in at


def _field_test(resource: Resource, requirement: str) -> Callable[[Body], bool]:
    equal = "!=" not in requirement
    path, _, value = requirement.replace("==", "=").partition("=" if equal else "!=")
    allowed = {"metadata.name", *(["metadata.namespace"] if resource.namespaced else [])}
    if path not in allowed and path not in _FIELDS.get(resource, ()):
        raise bad_request(f"field label not supported: {path}")
    keys = path.split(".")
    return lambda body: (_at(body, keys) == value) is equal


def _at(body: Body, keys: list[str]) -> str:
    value: Any = body
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return str(value) if value is not None else ""
