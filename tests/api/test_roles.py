"""Who may do what, as the API server judges it."""

import pytest

from tests.api.kubectl import Kubectl, wait_for


def bind(kubectl: Kubectl, role: str) -> str:
    """Binds a cluster role to a user in the test's namespace; returns the user."""
    user = f"test-{role}"
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    kubectl.apply(binding).accepted()
    return user


def may(kubectl: Kubectl, user: str, verb: str, what: str) -> bool:
    resource, _, subresource = what.partition("/")
    return kubectl("auth", "can-i", verb, resource, f"--subresource={subresource}", f"--as={user}").status == 0


def allowed(kubectl: Kubectl, user: str, what: str) -> set[str]:
    verbs = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
    return {verb for verb in verbs if may(kubectl, user, verb, what)}


def test_the_operator_may_do_what_it_does_and_nothing_else(kubectl: Kubectl) -> None:
    user = bind(kubectl, "queuedjob-operator")
    wait_for("the binding acts", lambda: may(kubectl, user, "get", "queuedjobs.queuedjob.dev"))
    read = {"get", "list", "watch"}
    assert allowed(kubectl, user, "queuedjobs.queuedjob.dev") == read | {"delete"}
    assert allowed(kubectl, user, "queuedjobs.queuedjob.dev/status") == {"update"}
    assert allowed(kubectl, user, "deadletters.queuedjob.dev") == read | {"create", "delete"}
    assert allowed(kubectl, user, "deadletters.queuedjob.dev/status") == {"update"}
    assert allowed(kubectl, user, "pods") == read | {"create", "patch", "delete"}
    assert allowed(kubectl, user, "events.events.k8s.io") == {"create"}
    for foreign in ("secrets", "configmaps", "nodes", "jobs.batch"):
        assert allowed(kubectl, user, foreign) == set(), foreign


@pytest.mark.parametrize(
    ("role", "jobs", "letters"),
    [
        ("view", {"get", "list", "watch"}, {"get", "list", "watch"}),
        (
            "edit",
            {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
            {"get", "list", "watch", "update", "patch"},
        ),
        (
            "admin",
            {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
            {"get", "list", "watch", "update", "patch", "delete", "deletecollection"},
        ),
    ],
)
def test_the_clusters_own_roles_know_our_kinds(kubectl: Kubectl, role: str, jobs: set[str], letters: set[str]) -> None:
    user = bind(kubectl, role)
    wait_for("the role is aggregated", lambda: allowed(kubectl, user, "deadletters.queuedjob.dev") == letters)
    assert allowed(kubectl, user, "queuedjobs.queuedjob.dev") == jobs
    assert not may(kubectl, user, "update", "queuedjobs.queuedjob.dev/status")
