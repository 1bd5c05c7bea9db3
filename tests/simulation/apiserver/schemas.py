"""The structural schemas of our kinds, from their CRDs, and the pruning of unknown fields."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from queuedjob.api.kinds import KINDS
from queuedjob.api.manifests.crds import crd
from queuedjob.api.manifests.files import pod_template
from tests.simulation.apiserver.resources import LETTERS, Resource

NEWER_STATE: Final = "Requeue"
"""A state of a resolution that a newer CRD knows, and this operator does not."""

Schema: TypeAlias = Mapping[str, Any]
Json: TypeAlias = Any


@cache
def schema_of(resource: Resource, *, newer: bool = False) -> Schema:
    """The whole schema of one of our kinds; with `newer`, of a version of the CRD that knows NEWER_STATE."""
    kind = next(kind for kind in KINDS if kind.plural == resource.plural)
    (version,) = crd(kind, pod_template())["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    if newer and resource is LETTERS:
        resolution = schema["properties"]["spec"]["properties"]["resolution"]
        resolution["properties"]["state"]["enum"].append(NEWER_STATE)
    return dict(schema)


def prune(schema: Schema, value: Json, path: str, unknown: list[str]) -> Json:
    """`value` without the fields that `schema` does not know; their paths go into `unknown`."""
    if isinstance(value, list):
        items = schema.get("items")
        return [prune(items, each, f"{path}[{i}]", unknown) for i, each in enumerate(value)] if items else value
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return value
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    kept = {}
    for key, inner in value.items():
        at = f"{path}.{key}" if path else key
        if key in properties:
            kept[key] = prune(properties[key], inner, at, unknown)
        elif others:
            kept[key] = inner if others is True else prune(others, inner, at, unknown)
        else:
            unknown.append(at)
    return kept
