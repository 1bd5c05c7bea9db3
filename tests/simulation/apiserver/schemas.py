"""The structural schemas of our kinds, from their CRDs, and the pruning of unknown fields."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import queuedjob.api.manifests
from queuedjob.api.manifests.crds import deadletter_crd, queuedjob_crd
from tests.simulation.apiserver.resources import JOBS, LETTERS, Resource

Schema: TypeAlias = Mapping[str, Any]
Json: TypeAlias = Any

_POD_TEMPLATE: Final = Path(queuedjob.api.manifests.__file__).with_name("pod_template.json")


@cache
def schema_of(resource: Resource) -> Schema:
    """The whole schema of one of our kinds."""
    crds = {JOBS: lambda: queuedjob_crd(pod_template()), LETTERS: deadletter_crd}
    (version,) = crds[resource]()["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


@cache
def pod_template() -> Schema:
    """The schema of a pod template."""
    schema: Schema = json.loads(_POD_TEMPLATE.read_text())
    return schema


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
