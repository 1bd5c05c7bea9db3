"""RBAC: the operator may do exactly what it does; users get permissions through the cluster's existing roles."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from queuedjob.api.names import DEADLETTERS, GROUP, QUEUEDJOBS

OPERATOR_ROLE: Final = "queuedjob-operator"

_READ: Final = ("get", "list", "watch")


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def _cluster_role(
    name: str, rules: Sequence[dict[str, list[str]]], labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name} | ({"labels": dict(labels)} if labels else {})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": list(rules),
    }


def operator_role() -> dict[str, Any]:
    """The role that allows what the operator does (protocol: the order of reads and writes), and nothing else.

    Bind it in the whole cluster. For an operator that works in single namespaces only, bind it in these namespaces.
    """
    return _cluster_role(
        OPERATOR_ROLE,
        [
            _rule(GROUP, [QUEUEDJOBS], [*_READ, "delete"]),
            _rule(GROUP, [f"{QUEUEDJOBS}/status"], ["update"]),
            # A pod's owner reference has blockOwnerDeletion, which OwnerReferencesPermissionEnforcement (on OpenShift)
            # allows only to those who may set the owner's finalizers.
            _rule(GROUP, [f"{QUEUEDJOBS}/finalizers"], ["update"]),
            _rule(GROUP, [DEADLETTERS], [*_READ, "create"]),
            _rule(GROUP, [f"{DEADLETTERS}/status"], ["patch"]),
            _rule("", ["pods"], [*_READ, "create", "patch", "delete"]),
            # Evidence that a failed pod's status lacks: the tail of its log, and why its kubelet killed it. Only the
            # old group selects Events by the UID of their involved object.
            _rule("", ["pods/log"], ["get"]),
            _rule("", ["events"], ["list"]),
            _rule("events.k8s.io", ["events"], ["create"]),
        ],
    )


def user_roles() -> list[dict[str, Any]]:
    """Roles that are added to the cluster's own view, edit and admin.

    Users with view read dead letters, users with edit resolve them, users with admin may delete them.
    """
    both = [QUEUEDJOBS, DEADLETTERS]
    return [
        _aggregated("view", ["view"], [_rule(GROUP, both, _READ)]),
        _aggregated(
            "edit",
            ["edit"],
            [
                _rule(GROUP, [QUEUEDJOBS], ["create", "update", "patch", "delete", "deletecollection"]),
                _rule(GROUP, [DEADLETTERS], ["update", "patch"]),
            ],
        ),
        _aggregated("admin", ["admin"], [_rule(GROUP, [DEADLETTERS], ["delete", "deletecollection"])]),
    ]


def _aggregated(name: str, into: Sequence[str], rules: Sequence[dict[str, list[str]]]) -> dict[str, Any]:
    labels = {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true" for role in into}
    return _cluster_role(f"queuedjob-{name}", rules, labels)
