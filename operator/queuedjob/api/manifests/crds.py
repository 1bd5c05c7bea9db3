"""The CustomResourceDefinition of a kind, built from its record."""

from collections.abc import Mapping
from typing import Any, Final

from queuedjob.api.identity import MAX_NAME
from queuedjob.api.kinds.kind import Column, Kind, Part
from queuedjob.api.manifests.schema import Schema, intent_schema, state_schema
from queuedjob.api.names import GROUP, VERSION

_WIDE: Final = 1
"""Priority of a column that only `kubectl get -o wide` shows."""


def crd(kind: Kind, pod_template: Mapping[str, Any]) -> dict[str, Any]:
    """The CRD of `kind`. `pod_template` is the schema of a field that holds a pod template."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.kind.lower(),
                "shortNames": [kind.short],
                "categories": ["all"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_column(column) for column in kind.columns],
                    "selectableFields": [{"jsonPath": path} for path in kind.selectable],
                    "schema": {"openAPIV3Schema": _root(kind, pod_template)},
                }
            ],
        },
    }


def _root(kind: Kind, pod_template: Mapping[str, Any]) -> Schema:
    spec = intent_schema(kind.spec.model, pod_template) if kind.by_users else state_schema(kind.spec.model)
    return {
        "description": kind.description,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec | _beside(kind.spec),
            "status": state_schema(kind.status.model) | _beside(kind.status),
        },
        "x-kubernetes-validations": [
            {
                "rule": f"size(self.metadata.name) <= {MAX_NAME}",
                "message": f"metadata.name: the name of a {kind.kind} has at most {MAX_NAME} characters, for labels "
                "carry it; choose a shorter one",
            }
        ],
    }


def _beside(part: Part) -> Schema:
    schema: Schema = {"description": part.description}
    if part.default:
        schema["default"] = dict(part.default)
    if part.rules:
        schema["x-kubernetes-validations"] = [dict(rule) for rule in part.rules]
    return schema


def _column(column: Column) -> dict[str, Any]:
    said = {"name": column.name, "type": column.type, "jsonPath": column.path}
    return said | ({"priority": _WIDE} if column.wide else {})
