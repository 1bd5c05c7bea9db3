"""New objects as they are stored: with the fields that the API server sets, and without fields that clients may not
set."""

from typing import Final

from tests.simulation.apiserver import custom, pods
from tests.simulation.apiserver.resources import NAMESPACES, PODS, QUOTAS, TOLD, Target
from tests.simulation.apiserver.storage import Body

SYSTEM: Final = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
"""Metadata that only the API server writes."""


def fresh(target: Target, body: Body, *, number: int, now: str) -> Body:
    """The new object for `body`. `number`: a count of the created objects, from which the UID is made."""
    resource = target.resource
    metadata = {key: value for key, value in body["metadata"].items() if key not in _NOT_GIVEN and value}
    metadata["uid"] = f"{number:08x}-0000-4000-8000-000000000000"
    metadata["creationTimestamp"] = now
    if resource.namespaced:
        metadata["namespace"] = target.namespace
    if resource.custom or resource is PODS:
        metadata["generation"] = 1
    body = {**body, "kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    if resource.custom:
        return {**body, "status": custom.default_status(resource)}
    if resource is PODS:
        return pods.fresh(body)
    if resource is NAMESPACES:
        return {**body, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    if resource is TOLD:
        return {"reportingComponent": "", "reportingInstance": "", "source": {}, **body}
    return {**body, "status": {}} if resource is QUOTAS else body


_NOT_GIVEN: Final = frozenset({*SYSTEM, "resourceVersion"})
