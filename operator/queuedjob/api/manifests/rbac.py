"""RBAC: the operator may do exactly what it does; users get permissions through the cluster's existing roles."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from queuedjob.api.kinds import KINDS
from queuedjob.api.kinds.kind import READ, Kind
from queuedjob.api.manifests.admission.leadership import LEAD
from queuedjob.api.manifests.admission.operator_confined import OPERATE
from queuedjob.api.names import GROUP, LEASE, QUEUEDJOBS

OPERATOR_ROLE: Final = "queuedjob-operator"

ON_CALL: Final = "on-call"
"""The right of people who judge dead letters."""


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
    """Roles for users. Each allows what the one before does, and more, so that it works when bound by itself, too.

    The first three are added to the cluster's own view, edit and admin. The last one is for people on call: they read
    everything and judge dead letters, and edit no job.
    """
    roles = [_user_role(kinds, _LADDER[: rank + 1], aggregated=True) for rank in range(len(_LADDER))]
    return [*roles, _user_role(kinds, (_LADDER[0], ON_CALL), aggregated=False)]


_LADDER: Final = ("view", "edit", "admin")


def _user_role(kinds: Sequence[Kind], rights: Sequence[str], *, aggregated: bool) -> dict[str, Any]:
    """The role that is named after the last of `rights`, and allows all of them."""
    allowed = {kind.plural: [verb for right in rights for verb in kind.users.get(right, ())] for kind in kinds}
    rules = [_rule(GROUP, [plural], verbs) for plural, verbs in allowed.items() if verbs]
    name = rights[-1]
    labels = {f"rbac.authorization.k8s.io/aggregate-to-{name}": "true"} if aggregated else None
    return _cluster_role(f"queuedjob-{name}", rules, labels)
