"""RBAC: the operator may do exactly what it does; users get permissions through the cluster's existing roles."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from queuedjob.api.kinds import KINDS
from queuedjob.api.kinds.kind import READ, Kind
from queuedjob.api.manifests.admission.leadership import LEAD
from queuedjob.api.manifests.admission.operator_confined import OPERATE
from queuedjob.api.names import GROUP, LEASE, QUEUEDJOBS

OPERATOR_ROLE: Final = "queuedjob-operator"


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def _cluster_role(
    name: str, rules: Sequence[Mapping[str, Any]], labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name} | ({"labels": dict(labels)} if labels else {})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": list(rules),
    }


def operator_role(kinds: Sequence[Kind] = KINDS) -> dict[str, Any]:
    """The role that allows what the operator does (protocol: the order of reads and writes), and nothing else.

    Bind it in the whole cluster. For an operator that works in single namespaces only, bind it in these namespaces.
    """
    return _cluster_role(
        OPERATOR_ROLE,
        [
            *(
                _rule(GROUP, [f"{kind.plural}/{subresource}" if subresource else kind.plural], verbs)
                for kind in kinds
                for subresource, verbs in kind.operator.items()
            ),
            # No request needs this verb: the policy operator-confined knows an operator by it.
            _rule(GROUP, [QUEUEDJOBS], [OPERATE]),
            _rule("", ["pods"], [*READ, "create", "patch", "delete"]),
            # Evidence that a failed pod's status lacks: the tail of its log, and why its kubelet killed it. Only the
            # old group selects Events by the UID of their involved object.
            _rule("", ["pods/log"], ["get"]),
            _rule("", ["events"], ["list"]),
            _rule("events.k8s.io", ["events"], ["create"]),
        ],
    )


def lease_role() -> dict[str, Any]:
    """The role that leader election needs: bind it in the operators' own namespace alone.

    No rule can name what is created.
    """
    group, leases = "coordination.k8s.io", ["leases"]
    named = {**_rule(group, leases, ["get", "update"]), "resourceNames": [LEASE]}
    # No request needs the last verb: the policy on the Lease knows by it who may write the Lease.
    marks = _rule(GROUP, [QUEUEDJOBS], [LEAD])
    return _cluster_role(f"{OPERATOR_ROLE}-lease", [named, _rule(group, leases, ["create"]), marks])


def user_roles(kinds: Sequence[Kind] = KINDS) -> list[dict[str, Any]]:
    """Roles that are added to the cluster's own view, edit and admin."""
    return [
        _aggregated(role, [_rule(GROUP, [kind.plural], kind.users[role]) for kind in kinds if role in kind.users])
        for role in ("view", "edit", "admin")
    ]


def _aggregated(role: str, rules: Sequence[dict[str, list[str]]]) -> dict[str, Any]:
    return _cluster_role(f"queuedjob-{role}", rules, {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true"})
