"""What the operator believes of a pod is written by nobody else, as the API server decides it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from queuedjob.api import names
from tests.api.kubectl import Answer, Kubectl, wait_for
from tests.api.manifests import Object, a_job, a_letter, fresh_name
from tests.api.tampering import CHANGES, CREATIONS, JOB_UID, Attempt, attempt, owner
from tests.api.test_roles import bind

EDITOR: Final = "test-edit"
NAMESPACE_ADMIN: Final = "test-admin"
POD_EDITOR: Final = "test-pods"
"""May do everything to pods, and nothing to QueuedJobs."""
REPLICA_SETS: Final = "system:serviceaccount:kube-system:replicaset-controller"
TENANTS: Final = (EDITOR, NAMESPACE_ADMIN, POD_EDITOR)


def a_pod(name: str = "", **metadata: Any) -> Object:  # noqa: ANN401 - any JSON
    container = {"name": "main", "image": "busybox"}
    metadata = {"name": name or fresh_name("pod"), **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


class Tenant:
    """kubectl as one user. Writes are dry runs, which admission judges like any other, unless `really` is set."""

    def __init__(self, kubectl: Kubectl, user: str, *, really: bool = False) -> None:
        self._kubectl = kubectl
        self.user: Final = user
        self._options = [f"--as={user}", *([] if really else ["--dry-run=server"])]

    def create(self, body: Object, *, namespace: str = "") -> Answer:
        kubectl = replace(self._kubectl, namespace=namespace) if namespace else self._kubectl
        return kubectl("create", "--filename=-", *self._options, given=json.dumps(body))

    def patch(self, name: str, patch: Object, *options: str, kind: str = "pod") -> Answer:
        return self._kubectl.patch(kind, name, patch, *self._options, *options)

    def change(self, name: str, metadata: Object, *options: str) -> Answer:
        return self.patch(name, {"metadata": metadata}, *options)

    def delete(self, name: str) -> Answer:
        return self._kubectl("delete", "pod", name, "--wait=false", *self._options)


@pytest.fixture(scope="module")
def tenants(kubectl: Kubectl) -> Callable[[str], Tenant]:
    """Tenants of one namespace, by user, once their rights and the policies work."""
    bind(kubectl, "edit")
    bind(kubectl, "admin")
    rule = {"apiGroups": [""], "resources": ["pods", "pods/ephemeralcontainers", "pods/resize"], "verbs": ["*"]}
    kubectl.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "pods"},
            "rules": [rule],
        }
    ).accepted()
    bind(kubectl, "pods")
    found = {user: Tenant(kubectl, user) for user in TENANTS}
    for user, tenant in found.items():
        wait_for(f"{user} may create pods", lambda tenant=tenant: tenant.create(a_pod()).status == 0)  # type: ignore[misc]
        marked = a_pod(labels={names.JOB_LABEL: "j"})
        wait_for("the policy works", lambda tenant=tenant, pod=marked: tenant.create(pod).status != 0)  # type: ignore[misc]
    return found.__getitem__


@pytest.fixture(scope="module")
def pod(kubectl: Kubectl, tenants: Callable[[str], Tenant]) -> str:
    """The pod of an attempt. Its job is there, else the garbage collector would delete the pod."""
    tenants(EDITOR).create(a_pod()).accepted()
    job = kubectl.apply(a_job()).object
    made = attempt(JOB_UID)
    made["ownerReferences"] = [owner(job["metadata"]["uid"], job["metadata"]["name"])]
    found = a_pod(**made)
    kubectl.apply(found).accepted()
    return str(found["metadata"]["name"])


def of(pod: Object, expected: Attempt) -> Attempt:
    """The attempt, with the true owner of the pod in place of the table's."""
    true = pod["metadata"]["ownerReferences"][0]

    def put(text: str) -> str:
        return text.replace(f"QueuedJob job {JOB_UID}", f"QueuedJob {true['name']} {true['uid']}").replace(
            JOB_UID, true["uid"]
        )

    patch = json.loads(put(json.dumps(expected.patch)))
    for reference in patch.get("ownerReferences") or ():
        if reference["name"] == "job" and reference["uid"] == true["uid"]:
            reference["name"] = true["name"]
    return replace(expected, patch=patch, words=tuple(put(word) for word in expected.words))


def agrees(answer: Answer, expected: Attempt) -> None:
    if expected.words:
        answer.refused_with("pod-evidence", *expected.words)
    else:
        answer.accepted()


@pytest.mark.parametrize("user", [EDITOR, NAMESPACE_ADMIN])
@pytest.mark.parametrize("expected", CHANGES.values(), ids=CHANGES.keys())
def test_the_pod_of_an_attempt_can_be(
    kubectl: Kubectl, tenants: Callable[[str], Tenant], pod: str, user: str, expected: Attempt
) -> None:
    expected = of(kubectl.get("pod", pod), expected)
    agrees(tenants(user).change(pod, expected.patch), expected)


@pytest.mark.parametrize("user", TENANTS)
@pytest.mark.parametrize("expected", CREATIONS.values(), ids=CREATIONS.keys())
def test_a_pod_can_be_created(tenants: Callable[[str], Tenant], user: str, expected: Attempt) -> None:
    agrees(tenants(user).create(a_pod(**expected.patch)), expected)


def test_who_may_not_delete_jobs_may_not_take_the_finalizer_off_either(
    tenants: Callable[[str], Tenant], pod: str
) -> None:
    refused = tenants(POD_EDITOR).change(pod, {"finalizers": None})
    refused.refused_with(
        "metadata.finalizers[queuedjob.dev/outcome] keeps the pod until its end is counted",
        "a user who may delete queuedjobs.queuedjob.dev in this namespace to run `queuedjob release`",
    )


def test_a_tenant_may_delete_the_pod_of_an_attempt(tenants: Callable[[str], Tenant], pod: str) -> None:
    tenants(EDITOR).delete(pod).accepted()


def test_once_the_namespace_is_being_deleted_who_may_write_pods_may_let_them_go(kubectl: Kubectl) -> None:
    leaving = replace(kubectl, namespace=fresh_name("leaving"))
    leaving("create", "namespace", leaving.namespace).accepted()
    bind(leaving, "pods")
    wait_for("pods may be created", lambda: leaving("get", "serviceaccount", "default").status == 0)
    leaving.apply(a_pod("held", finalizers=[names.FINALIZER], labels={names.JOB_LABEL: "j"})).accepted()
    tenant = Tenant(leaving, POD_EDITOR, really=True)
    wait_for("the user may write pods", lambda: tenant.change("held", {"labels": {"a": "b"}}).status == 0)
    tenant.change("held", {"finalizers": None}).refused_with("queuedjob release")
    leaving("delete", "namespace", leaving.namespace, "--wait=false").accepted()
    tenant.change("held", {"labels": {names.JOB_LABEL: "x"}}).refused_with("metadata.labels")
    wait_for("the pod may go", lambda: tenant.change("held", {"finalizers": None}).status == 0)


def test_a_controllers_pods_of_a_template_with_our_labels_are_refused_with_the_way_out(kubectl: Kubectl) -> None:
    controller = Tenant(kubectl, REPLICA_SETS)
    controller.create(a_pod(labels={"app": "x"})).accepted()
    refused = controller.create(a_pod(labels={"app": "x", names.JOB_LABEL: "invoice"}))
    refused.refused_with(f"metadata.labels[{names.JOB_LABEL}]", "and of the template that the pod is made from")


@pytest.fixture(scope="module")
def node(kubectl: Kubectl) -> Tenant:
    """A user that may do what kubelets and schedulers do."""
    rules = [
        {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["pods/binding"], "verbs": ["create"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "pod-statuses"}}
    kubectl.apply({**role, "rules": rules}).accepted()
    return Tenant(kubectl, bind(kubectl, "pod-statuses"))


def test_a_node_reports_on_a_pod_but_cannot_write_our_marks_with_the_report(node: Tenant, pod: str) -> None:
    report = {"status": {"phase": "Running"}}
    wait_for("the node may report", lambda: node.patch(pod, report, "--subresource=status").status == 0)
    forged = {**report, "metadata": {"annotations": {names.STOP_REASON_ANNOTATION: "suspend"}}}
    node.patch(pod, forged, "--subresource=status").refused_with("pod-evidence-by-status", names.STOP_REASON_ANNOTATION)
    stripped = {**report, "metadata": {"labels": {names.JOB_LABEL: None}}}
    node.patch(pod, stripped, "--subresource=status").refused_with("pod-evidence-by-status", names.JOB_LABEL)
    released = {**report, "metadata": {"finalizers": None}}
    node.patch(pod, released, "--subresource=status").refused_with("pod-evidence-by-status", "queuedjob release")


def test_a_scheduler_binds_a_pod_but_cannot_hand_it_our_marks(kubectl: Kubectl, node: Tenant) -> None:
    made = a_pod()
    kubectl.apply(made).accepted()
    path = f"/api/v1/namespaces/{kubectl.namespace}/pods/{made['metadata']['name']}/binding"

    def bind_it(**metadata: Any) -> Answer:  # noqa: ANN401 - any JSON
        target = {"apiVersion": "v1", "kind": "Node", "name": "node"}
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": made["metadata"]["name"], **metadata},
            "target": target,
        }
        return kubectl("create", f"--raw={path}", "--filename=-", f"--as={node.user}", given=json.dumps(binding))

    bind_it(annotations={names.STOP_REASON_ANNOTATION: "x"}).refused_with(names.STOP_REASON_ANNOTATION)
    bind_it(annotations={"a.example/b": "c"}).accepted()


def test_a_pod_with_thousands_of_annotations_can_still_be_stopped_and_released(kubectl: Kubectl) -> None:
    """What CEL may cost is bounded: a tenant must not use that up."""
    crowd = {f"{number:x}": "" for number in range(5_000)}
    made = a_pod(finalizers=[names.FINALIZER], labels={names.JOB_LABEL: "j"}, annotations=crowd)
    name = made["metadata"]["name"]
    kubectl("create", "--filename=-", given=json.dumps(made)).accepted()
    kubectl.patch("pod", name, {"metadata": {"annotations": {names.STOP_REASON_ANNOTATION: "x"}}}).accepted()
    kubectl.patch("pod", name, {"metadata": {"finalizers": None}}).accepted()


@pytest.mark.parametrize("user", [EDITOR, NAMESPACE_ADMIN])
def test_a_false_owner_of_a_letter_is_refused(kubectl: Kubectl, tenants: Callable[[str], Tenant], user: str) -> None:
    letter = a_letter()
    kubectl.apply(letter).accepted()
    tenant = tenants(user)
    gone = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": JOB_UID}
    owned = {"metadata": {"ownerReferences": [gone]}}
    refused = tenant.patch(letter["metadata"]["name"], owned, kind="deadletter")
    refused.refused_with("deadletter-owners", "metadata.ownerReferences of a dead letter cannot change")
    resolved = {"spec": {"resolution": {"state": "Resolved"}}, "metadata": {"labels": {"seen": "yes"}}}
    tenant.patch(letter["metadata"]["name"], resolved, kind="deadletter").accepted()


def test_an_administrator_may_do_all_of_it(kubectl: Kubectl, pod: str) -> None:
    for change in CHANGES.values():
        kubectl.patch("pod", pod, {"metadata": change.patch}, "--dry-run=server").accepted()
    kubectl.apply(a_pod(**attempt()), "--dry-run=server").accepted()
