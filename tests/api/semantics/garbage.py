"""What the garbage collector does with the pods of a deleted job."""

from typing import Any

from queuedjob.ports import Body
from tests.api.semantics.api import Api, a_pod
from tests.api.semantics.deletion import RELEASE
from tests.api.semantics.patches import FINALIZER


def owned(job: Body, **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    """A pod of this job, with the ownerReference that the operator sets."""
    reference = {
        "apiVersion": job["apiVersion"],
        "kind": "QueuedJob",
        "name": job["metadata"]["name"],
        "uid": job["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return a_pod(ownerReferences=[reference], **metadata)


async def a_pod_goes_after_its_job(api: Api) -> None:
    job = await api.a_job()
    await api.create(api.pods, owned(job))
    (await api.delete(f"{api.jobs}/j", propagationPolicy="Background")).ok()
    await api.is_gone(f"{api.jobs}/j")
    await api.until_gone(f"{api.pods}/p")


async def a_held_pod_is_told_to_go_and_waits_for_its_release(api: Api) -> None:
    job = await api.a_job()
    await api.create(api.pods, owned(job, finalizers=[FINALIZER]))
    await api.bind("p")
    (await api.delete(f"{api.jobs}/j")).ok()
    await api.until(f"{api.pods}/p", lambda pod: "deletionTimestamp" in pod.body["metadata"])
    pod = await api.get(f"{api.pods}/p")
    assert pod["metadata"]["deletionGracePeriodSeconds"] == 30
    assert pod["metadata"]["ownerReferences"]
    (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
    (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
    await api.is_gone(f"{api.pods}/p")


async def a_pod_that_comes_after_its_job_has_gone_is_collected(api: Api) -> None:
    job = await api.a_job()
    (await api.delete(f"{api.jobs}/j")).ok()
    await api.create(api.pods, owned(job))
    await api.until_gone(f"{api.pods}/p")


async def a_pod_of_a_jobs_predecessor_is_collected(api: Api) -> None:
    first = await api.a_job()
    await api.create(api.pods, owned(first))
    (await api.delete(f"{api.jobs}/j")).ok()
    await api.a_job()
    await api.until_gone(f"{api.pods}/p")
    await api.get(f"{api.jobs}/j")


async def a_job_deleted_in_the_foreground_waits_for_its_pods(api: Api) -> None:
    job = await api.a_job()
    await api.create(api.pods, owned(job, finalizers=[FINALIZER]))
    async with api.watch(api.jobs, job["metadata"]["resourceVersion"]) as events:
        going = (await api.delete(f"{api.jobs}/j", propagationPolicy="Foreground")).ok()
        assert going["metadata"]["finalizers"] == ["foregroundDeletion"]
        await api.until(f"{api.pods}/p", lambda pod: "deletionTimestamp" in pod.body["metadata"])
        assert "deletionTimestamp" in (await api.get(f"{api.jobs}/j"))["metadata"]
        (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
        await api.until_gone(f"{api.jobs}/j")
        assert [await events.next_name() for _ in range(2)] == ["MODIFIED j", "DELETED j"]


async def a_kubelets_report_leaves_the_owner_alone(api: Api) -> None:
    await api.create(api.pods, owned(await api.a_job()))
    patch = {"metadata": {"ownerReferences": None, "labels": {"a": "b"}}, "status": {"phase": "Running"}}
    pod = (await api.merge(f"{api.pods}/p/status", patch)).ok()["metadata"]
    assert pod["ownerReferences"]
    assert pod["labels"] == {"a": "b"}


async def orphaned_pods_stay_without_their_owner(api: Api) -> None:
    job = await api.a_job()
    await api.create(api.pods, owned(job))
    another = owned(job, name="q")
    del another["metadata"]["ownerReferences"][0]["blockOwnerDeletion"]
    await api.create(api.pods, another)
    (await api.delete(f"{api.jobs}/j", propagationPolicy="Orphan")).ok()
    await api.until_gone(f"{api.jobs}/j")
    for name in ("p", "q"):  # in any order
        await api.until(f"{api.pods}/{name}", lambda pod: "ownerReferences" not in pod.body["metadata"])


async def a_letter_outlives_its_job(api: Api) -> None:
    await api.a_job()
    await api.a_letter()
    (await api.delete(f"{api.jobs}/j")).ok()
    await api.settle()
    await api.get(f"{api.letters}/l")
