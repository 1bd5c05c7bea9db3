"""The record of a kind: what its CRD, its RBAC rules and its watch are made from, beside the fields of its models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from queuedjob.api.types.base import Model

READ: Final = ("get", "list", "watch")
"""Verbs of everyone who reads a kind."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`. `path` is a JSONPath into the object."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False
    """Only `kubectl get -o wide` shows the column."""


AGE: Final = Column("Age", ".metadata.creationTimestamp", "date")


@dataclass(frozen=True, slots=True)
class Part:
    """`spec` or `status` of a kind."""

    model: type[Model]
    description: str
    default: Mapping[str, Any] = field(default_factory=dict)
    """What the API server puts in place of a part that is absent. Empty: nothing."""
    rules: Sequence[Mapping[str, str]] = ()
    """CEL rules over the whole part: `rule` and `message`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of ours. All kinds are namespaced and have the subresource `status`."""

    kind: str
    plural: str
    short: str
    description: str
    spec: Part
    status: Part
    columns: Sequence[Column]
    selectable: Sequence[str]
    """JSONPaths of the fields that `kubectl get --field-selector` accepts."""
    operator: Mapping[str, Sequence[str]]
    """Verbs of the operator, by subresource; the empty one is the object itself."""
    users: Mapping[str, Sequence[str]]
    """Verbs of users, by right: view, edit, admin, on-call. Who may edit may view, who may admin may edit."""
    by_users: bool = True
    """Users write the spec. Then the descriptions of its fields give the defaults."""
