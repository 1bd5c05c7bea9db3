"""What an operator's user may do with pods, beyond what its role says, as the API server decides it."""

import json
from typing import Any, Final

import pytest

from queuedjob.api import names
from tests.api.kubectl import Kubectl, wait_for
from tests.api.manifests import Object, a_job, fresh_name
from tests.api.tampering import JOB_UID, attempt, owner
from tests.api.test_pod_evidence import Tenant, a_pod
from tests.api.test_roles import bind

ACCOUNT: Final = "op"
HOME: Final = "test-operator-home"
"""The namespace of the operator's ServiceAccount."""
USER: Final = f"system:serviceaccount:{HOME}:{ACCOUNT}"


@pytest.fixture(scope="module")
def operator(kubectl: Kubectl) -> Tenant:
    """A ServiceAccount with the operator's role in the whole cluster, once its rights and the policy work."""
    rbac = "rbac.authorization.k8s.io"
    for body in (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": HOME}},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "test-operator-confined"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "queuedjob-operator"},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": HOME}],
        },
    ):
        kubectl("apply", "--filename=-", f"--namespace={HOME}", given=json.dumps(body)).accepted()
    found = Tenant(kubectl, USER)
    wait_for("the operator may create pods of jobs", lambda: found.create(a_pod(**attempt())).status == 0)
    wait_for("the policy works", lambda: found.create(a_pod()).status != 0)
    return found


@pytest.fixture(scope="module")
def pod(kubectl: Kubectl, operator: Tenant) -> str:
    """The pod of an attempt."""
    assert operator
    job = kubectl.apply(a_job()).object["metadata"]
    made = a_pod(**{**attempt(), "ownerReferences": [owner(job["uid"], job["name"])]})
    kubectl.apply(made).accepted()
    return str(made["metadata"]["name"])


@pytest.fixture(scope="module")
def foreign(kubectl: Kubectl, operator: Tenant) -> str:
    """A pod that has nothing to do with jobs."""
    assert operator
    made = a_pod(labels={"app": "x"})
    kubectl.apply(made).accepted()
    return str(made["metadata"]["name"])


def without(field: str) -> Object:
    return {key: value for key, value in attempt().items() if key != field}


CREATES: Final = {
    "without marks": {},
    "without an owner": without("ownerReferences"),
    "without the finalizer": without("finalizers"),
    "of another kind": {**attempt(), "ownerReferences": [owner(JOB_UID, kind="DeadLetter")]},
    "of a like kind of another group": {**attempt(), "ownerReferences": [owner(JOB_UID, apiVersion="x.example/v1")]},
    "of a job that does not control it": {**attempt(), "ownerReferences": [owner(JOB_UID, controller=False)]},
    "of a job and another owner": {
        **attempt(),
        "ownerReferences": [owner(JOB_UID), {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"}],
    },
}


@pytest.mark.parametrize("metadata", CREATES.values(), ids=CREATES.keys())
def test_an_operator_creates_no_pod(operator: Tenant, metadata: Object) -> None:
    operator.create(a_pod(**metadata)).refused_with("operator-confined", "an operator creates pods of QueuedJobs only")


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease", HOME])
def test_an_operator_starts_nothing_in_the_clusters_namespaces_and_in_its_own(operator: Tenant, namespace: str) -> None:
    refused = operator.create(a_pod(**attempt(), namespace=namespace), namespace=namespace)
    refused.refused_with(f"create the QueuedJob in another namespace than {namespace}")


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        pytest.param({"metadata": {"labels": {"app": "x"}}}, "metadata.labels[app]", id="a label"),
        pytest.param({"metadata": {"labels": {"app": None}}}, "metadata.labels[app]", id="a label taken off"),
        pytest.param(
            {"metadata": {"annotations": {"a.example/b": "x"}}}, "metadata.annotations[a.example/b]", id="note"
        ),
        pytest.param({"metadata": {"finalizers": ["a.example/b"]}}, "metadata.finalizers", id="finalizer"),
        pytest.param({"metadata": {"ownerReferences": None}}, "metadata.ownerReferences", id="its owner"),
        pytest.param({"spec": {"activeDeadlineSeconds": 5}}, "changes spec", id="its deadline"),
    ],
)
def test_an_operator_does_not_change_of_the_pod_of_a_job(
    operator: Tenant, pod: str, patch: dict[str, Any], words: str
) -> None:
    operator.patch(pod, patch).refused_with("operator-confined", words)


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"annotations": {names.STOP_REASON_ANNOTATION: "suspend"}}, id="a stop reason"),
        pytest.param({"labels": {names.JOB_LABEL: "job"}}, id="labels put back"),
        pytest.param({"finalizers": None}, id="released"),
    ],
)
def test_an_operator_writes_its_own_marks(operator: Tenant, pod: str, metadata: Object) -> None:
    operator.change(pod, metadata).accepted()


def test_an_operator_deletes_pods_of_jobs_only(operator: Tenant, pod: str, foreign: str) -> None:
    operator.delete(pod).accepted()
    operator.delete(foreign).refused_with("operator-confined", "changes and deletes pods of QueuedJobs only")


def test_an_operator_cannot_make_a_foreign_pod_its_own(operator: Tenant, foreign: str) -> None:
    for metadata in attempt(), {"labels": {names.JOB_UID_LABEL: JOB_UID}}, {"finalizers": [names.FINALIZER]}:
        operator.change(foreign, metadata).refused_with("changes and deletes pods of QueuedJobs only")


def test_who_may_do_everything_to_jobs_is_no_operator(kubectl: Kubectl, operator: Tenant) -> None:
    """A role with a wildcard has the verb of operators, too."""
    assert operator
    kubectl.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "everything-here"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
        }
    ).accepted()
    user = Tenant(kubectl, bind(kubectl, "everything-here"))
    wait_for("the administrator may create pods", lambda: user.create(a_pod(fresh_name())).status == 0)
