"""Namespaces that are missing, that are being deleted, and that are created again."""

from tests.api.manifests import a_job
from tests.api.semantics.api import Api, a_pod, named
from tests.api.semantics.deletion import RELEASE
from tests.api.semantics.patches import FINALIZER


async def nothing_is_created_in_a_namespace_that_is_not_there(api: Api) -> None:
    refused = await api.ask("POST", "/api/v1/namespaces/never-was/pods", a_pod())
    refused.refused(404, "NotFound", 'namespaces "never-was" not found')
    job = named(a_job(), "j")
    refused = await api.ask("POST", "/apis/queuedjob.dev/v1alpha1/namespaces/never-was/queuedjobs", job)
    refused.refused(404, "NotFound", 'namespaces "never-was" not found')


async def nothing_is_created_in_a_namespace_that_goes(api: Api) -> None:
    await api.create(api.pods, a_pod("held", finalizers=[FINALIZER]))
    going = (await api.delete(api.home)).ok()
    assert going["status"]["phase"] == "Terminating"
    for path, body in ((api.pods, a_pod()), (api.jobs, named(a_job(), "j"))):
        refused = await api.ask("POST", path, body)
        refused.refused(403, "Forbidden", "because it is being terminated")
        (cause,) = refused.body["details"]["causes"]
        assert cause["reason"] == "NamespaceTerminating"


async def pods_of_a_namespace_that_goes_are_deleted_first_and_keep_all_else_until_released(api: Api) -> None:
    await api.a_job()
    await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    (await api.delete(api.home)).ok()
    await api.until(f"{api.pods}/p", lambda pod: "deletionTimestamp" in pod.body["metadata"])
    assert "deletionTimestamp" not in (await api.get(f"{api.jobs}/j"))["metadata"]
    (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
    await api.until_gone(f"{api.jobs}/j")
    await api.until_gone(api.home)


async def a_namespace_that_goes_can_be_deleted_again(api: Api) -> None:
    await api.create(api.pods, a_pod("held", finalizers=[FINALIZER]))
    (await api.delete(api.home)).ok()
    again = (await api.delete(api.home)).ok()
    assert again["status"]["phase"] == "Terminating"


async def a_pod_on_a_node_has_its_grace_when_its_namespace_goes(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.bind("p")
    (await api.delete(api.home)).ok()
    await api.until(f"{api.pods}/p", lambda pod: "deletionTimestamp" in pod.body["metadata"])
    assert (await api.get(f"{api.pods}/p"))["metadata"]["deletionGracePeriodSeconds"] == 30
    (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
    await api.is_gone(f"{api.pods}/p")


async def a_namespace_that_comes_again_is_another(api: Api) -> None:
    first = await api.get(api.home)
    (await api.delete(api.home)).ok()
    await api.until_gone(api.home)
    again = await api.create("/api/v1/namespaces", {"metadata": {"name": api.namespace}})
    assert again["metadata"]["uid"] != first["metadata"]["uid"]
    assert (await api.list(api.jobs))["items"] == []
