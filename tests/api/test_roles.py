"""Which user may do what, as the API server decides it."""

import pytest

from tests.api.kubectl import Kubectl, wait_for


def bind(kubectl: Kubectl, role: str) -> str:
    """Bind a ClusterRole to a user in the test's namespace. Return the user."""
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


def allowed(kubectl: Kubectl, user: str) -> dict[str, set[str]]:
    """All permissions of the user in the test's namespace, without the self reviews: resource -> verbs."""
    found: dict[str, set[str]] = {}
    for line in kubectl("auth", "can-i", "--list", f"--as={user}", "--no-headers").out.splitlines():
        resource, _, verbs = line.partition(" ")
        if resource and "self" not in resource:
            found.setdefault(resource, set()).update(verbs.rpartition("[")[2].rstrip("] ").split())
    return found


READ = {"get", "list", "watch"}
CHANGE = {"update", "patch"}
REMOVE = {"delete", "deletecollection"}
JOBS, LETTERS = "queuedjobs.queuedjob.dev", "deadletters.queuedjob.dev"


def test_the_operator_may_do_what_it_does_and_nothing_else(kubectl: Kubectl) -> None:
    user = bind(kubectl, "queuedjob-operator")
    wait_for("the binding acts", lambda: JOBS in allowed(kubectl, user))
    assert allowed(kubectl, user) == {
        JOBS: READ | {"delete", "operate"},
        f"{JOBS}/status": {"update"},
        f"{JOBS}/finalizers": {"update"},
        LETTERS: READ | {"create"},
        f"{LETTERS}/status": {"patch"},
        "pods": READ | {"create", "patch", "delete"},
        "pods/log": {"get"},
        "events": {"list"},
        "events.events.k8s.io": {"create"},
    }


@pytest.mark.parametrize(
    ("role", "jobs", "letters"),
    [
        ("queuedjob-view", READ, READ),
        ("queuedjob-edit", READ | {"create"} | CHANGE | REMOVE, READ | CHANGE),
        ("queuedjob-admin", READ | {"create"} | CHANGE | REMOVE, READ | CHANGE | REMOVE),
        ("queuedjob-on-call", READ, READ | CHANGE),
    ],
)
def test_each_of_our_roles_works_when_bound_by_itself(
    kubectl: Kubectl, role: str, jobs: set[str], letters: set[str]
) -> None:
    user = bind(kubectl, role)
    wait_for("the binding acts", lambda: allowed(kubectl, user).get(LETTERS) == letters)
    ours = {what: verbs for what, verbs in allowed(kubectl, user).items() if what.endswith("queuedjob.dev")}
    assert ours == {JOBS: jobs, LETTERS: letters}


@pytest.mark.parametrize(
    ("role", "jobs", "letters"),
    [
        ("view", READ, READ),
        ("edit", READ | {"create"} | CHANGE | REMOVE, READ | CHANGE),
        ("admin", READ | {"create"} | CHANGE | REMOVE, READ | CHANGE | REMOVE),
    ],
)
def test_the_clusters_own_roles_know_our_kinds(kubectl: Kubectl, role: str, jobs: set[str], letters: set[str]) -> None:
    user = bind(kubectl, role)
    wait_for("the role is aggregated", lambda: allowed(kubectl, user).get(LETTERS) == letters)
    ours = {what: verbs for what, verbs in allowed(kubectl, user).items() if what.endswith("queuedjob.dev")}
    assert ours == {JOBS: jobs, LETTERS: letters}
