"""Optimistic concurrency: the resourceVersion and the UID that a write names must be the current ones."""

from typing import Final

from tests.api.semantics.api import Api, a_pod

OTHER: Final = "99999999-2222-4333-8444-555555555555"
"""A UID that no object has."""


async def a_put_of_an_old_version_is_a_conflict(api: Api) -> None:
    job = await api.a_job()
    (await api.merge(f"{api.jobs}/j", {"metadata": {"labels": {"a": "b"}}})).ok()
    stale = await api.put(f"{api.jobs}/j", {**job, "spec": {**job["spec"], "queue": "q"}})
    stale.refused(409, "Conflict", "the object has been modified")


async def a_put_of_an_old_version_to_the_status_is_a_conflict(api: Api) -> None:
    job = await api.a_job()
    await api.write_status(job, phase="Waiting")
    stale = await api.put(f"{api.jobs}/j/status", {**job, "status": {"phase": "Running"}})
    stale.refused(409, "Conflict", "the object has been modified")
    assert (await api.get(f"{api.jobs}/j"))["status"]["phase"] == "Waiting"


async def a_put_of_another_uid_is_a_conflict(api: Api) -> None:
    job = await api.a_job()
    another = {**job, "metadata": {**job["metadata"], "uid": OTHER}, "status": {"phase": "Running"}}
    for path in (f"{api.jobs}/j", f"{api.jobs}/j/status"):
        (await api.put(path, another)).refused(409, "Conflict", "Precondition failed: UID in precondition")


async def a_put_of_a_job_names_a_version(api: Api) -> None:
    job = await api.a_job()
    metadata = {key: value for key, value in job["metadata"].items() if key != "resourceVersion"}
    refused = await api.put(f"{api.jobs}/j", {**job, "metadata": metadata})
    refused.refused(422, "Invalid", "metadata.resourceVersion", "must be specified for an update")


async def a_put_of_a_pod_need_not_name_a_version(api: Api) -> None:
    pod = await api.create(api.pods, a_pod())
    metadata = {**pod["metadata"], "labels": {"a": "b"}}
    del metadata["resourceVersion"]
    assert (await api.put(f"{api.pods}/p", {**pod, "metadata": metadata})).ok()["metadata"]["labels"] == {"a": "b"}


async def a_put_under_another_name_is_refused(api: Api) -> None:
    job = await api.a_job()
    (await api.put(f"{api.jobs}/k", job)).refused(400, "BadRequest", "does not match the name on the URL")


async def a_put_to_what_is_not_there_is_not_found(api: Api) -> None:
    job = await api.a_job()
    (await api.delete(f"{api.jobs}/j")).ok()
    (await api.put(f"{api.jobs}/j", job)).refused(404, "NotFound", 'queuedjobs.queuedjob.dev "j" not found')
    (await api.put(f"{api.jobs}/j/status", job)).refused(404, "NotFound")


async def a_put_to_the_status_of_a_successor_is_a_conflict(api: Api) -> None:
    first = await api.a_job()
    (await api.delete(f"{api.jobs}/j")).ok()
    await api.a_job()
    (await api.put(f"{api.jobs}/j/status", {**first, "status": {"phase": "Succeeded"}})).refused(409, "Conflict")


async def a_put_that_changes_nothing_makes_no_version(api: Api) -> None:
    pod = await api.create(api.pods, a_pod())
    again = (await api.put(f"{api.pods}/p", pod)).ok()
    assert again["metadata"]["resourceVersion"] == pod["metadata"]["resourceVersion"]


async def a_merge_patch_of_an_old_version_is_a_conflict(api: Api) -> None:
    pod = await api.create(api.pods, a_pod())
    version = pod["metadata"]["resourceVersion"]
    (await api.merge(f"{api.pods}/p", {"metadata": {"labels": {"a": "b"}}})).ok()
    stale = await api.merge(f"{api.pods}/p", {"metadata": {"resourceVersion": version, "labels": {"a": "c"}}})
    stale.refused(409, "Conflict", "the object has been modified")


async def a_delete_of_another_uid_is_a_conflict(api: Api) -> None:
    await api.create(api.pods, a_pod())
    refused = await api.delete(f"{api.pods}/p", preconditions={"uid": OTHER})
    refused.refused(409, "Conflict", "does not match the UID in record")
    await api.a_job()
    refused = await api.delete(f"{api.jobs}/j", preconditions={"uid": OTHER})
    refused.refused(409, "Conflict", "does not match the UID in record")


async def a_delete_of_an_old_version_is_a_conflict(api: Api) -> None:
    for path, made in ((api.pods, await api.create(api.pods, a_pod())), (api.jobs, await api.a_job())):
        old, one = made["metadata"], f"{path}/{made['metadata']['name']}"
        new = (await api.merge(one, {"metadata": {"labels": {"a": "b"}}})).ok()["metadata"]
        stale = await api.delete(one, preconditions={"uid": old["uid"], "resourceVersion": old["resourceVersion"]})
        stale.refused(409, "Conflict", "does not match the ResourceVersion in record")
        (await api.delete(one, preconditions={"resourceVersion": new["resourceVersion"]})).ok()
        await api.is_gone(one)
