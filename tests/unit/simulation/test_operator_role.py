"""The operator's role allows what the operator does in simulated histories, and nothing that it never does."""

from typing import Final

from queuedjob.api.manifests.admission.operator_confined import OPERATE
from queuedjob.api.manifests.rbac import operator_role
from queuedjob.kube.client.paths import resource_of
from queuedjob.ports import Request
from tests.simulation.case import Case
from tests.simulation.simulation import Simulation
from tests.simulation.witness import OPERATOR

SEEDS: Final = range(1, 500)
"""Histories to look at, until every verb was used: some take an attempt that fails without a word, and the like."""

NO_REQUEST: Final = {
    ("", "pods", "watch"): "kopf watches (test_kopf_itself.py)",
    ("queuedjob.dev", "queuedjobs", "watch"): "kopf watches",
    ("queuedjob.dev", "deadletters", "watch"): "kopf watches",
    ("queuedjob.dev", "queuedjobs/finalizers", "update"): "pods block the deletion of their owner, where the admission "
    "plugin OwnerReferencesPermissionEnforcement is on",
    ("queuedjob.dev", "queuedjobs", OPERATE): "the policy operator-confined asks for it",
}
"""Permissions that no request of a simulated operator needs, and why they are there."""


def permission(request: Request) -> tuple[str, str, str]:
    """Group, resource and verb that the API server would ask its authorizer for."""
    resource, named = resource_of(request.path)
    parts = request.path.split("/")
    verb = {"GET": "get" if named else "list", "POST": "create", "PUT": "update"}.get(request.method)
    return parts[2] if parts[1] == "apis" else "", resource, verb or request.method.lower()


def test_every_verb_of_the_role_is_used_and_no_other() -> None:
    allowed = {
        (group, resource, verb)
        for rule in operator_role()["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    needed: set[tuple[str, str, str]] = set()
    for seed in SEEDS:
        simulation = Simulation(Case(seed))
        simulation.run()
        asked = [each.request for each in simulation.witness.asked if each.user == OPERATOR]
        needed |= {permission(request) for request in asked if request.path != "/version"}
        if needed >= allowed - NO_REQUEST.keys():
            break
    assert needed == allowed - NO_REQUEST.keys()
