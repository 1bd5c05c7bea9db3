import json

from dev.cluster import LocalCluster
from tests.dev.real_clusters.kubernetes import a_pod, create, kubectl, pod, wait_for_pod


def test_there_is_no_scheduler_and_no_kubelet(api_cluster: LocalCluster) -> None:
    names = {component.name for component in api_cluster.plan.components}

    assert names == {"etcd", "kube-apiserver", "kube-controller-manager"}


def test_a_bound_pod_stays_until_the_test_ends_it(api_cluster: LocalCluster) -> None:
    create(api_cluster, a_pod("bound", "true"))
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "bound"},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "node"},
    }
    kubectl(
        api_cluster,
        "create",
        "--raw",
        "/api/v1/namespaces/default/pods/bound/binding",
        "-f",
        "-",
        stdin=json.dumps(binding),
    )

    kubectl(api_cluster, "delete", "pod", "bound", "--wait=false")

    ending = wait_for_pod(api_cluster, "bound", lambda found: "deletionTimestamp" in found["metadata"])
    assert ending["spec"]["nodeName"] == "node"
    kubectl(api_cluster, "delete", "pod", "bound", "--grace-period=0", "--force")
    assert "bound" not in kubectl(api_cluster, "get", "pods", "-o", "name")


def test_nothing_schedules_and_the_node_has_no_taint(api_cluster: LocalCluster) -> None:
    create(api_cluster, a_pod("unbound", "true"))

    assert "nodeName" not in pod(api_cluster, "unbound")["spec"]
    assert json.loads(kubectl(api_cluster, "get", "node", "node", "-o", "json"))["spec"].get("taints") is None
