"""The status subresource: each write has its own part of an object."""

from queuedjob.kube.objects.patches import add, require
from tests.api.semantics.api import Api, a_pod


async def a_put_of_a_job_leaves_its_status_alone(api: Api) -> None:
    job = await api.a_job()
    changed = {**job, "spec": {**job["spec"], "queue": "q"}, "status": {"phase": "Succeeded"}}
    stored = (await api.put(f"{api.jobs}/j", changed)).ok()
    assert stored["spec"]["queue"] == "q"
    assert stored["status"] == job["status"]


async def a_put_of_a_status_leaves_spec_and_metadata_alone(api: Api) -> None:
    job = await api.a_job()
    metadata = {**job["metadata"], "labels": {"a": "b"}, "finalizers": ["example.com/x"]}
    changed = {**job, "metadata": metadata, "spec": {**job["spec"], "queue": "q"}, "status": {"phase": "Waiting"}}
    stored = (await api.put(f"{api.jobs}/j/status", changed)).ok()
    assert stored["status"] == {"phase": "Waiting"}
    assert stored["spec"] == job["spec"]
    assert stored["metadata"].keys() == job["metadata"].keys()
    assert stored["metadata"]["generation"] == 1


async def a_status_is_put_with_name_version_and_uid_alone(api: Api) -> None:
    job = await api.a_job()
    metadata = {key: job["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")}
    body = {"apiVersion": job["apiVersion"], "kind": "QueuedJob", "metadata": metadata, "status": {"phase": "Waiting"}}
    stored = (await api.put(f"{api.jobs}/j/status", body)).ok()
    assert stored["spec"] == job["spec"]
    assert stored["status"]["phase"] == "Waiting"


async def a_status_is_replaced_whole(api: Api) -> None:
    job = await api.write_status(await api.a_job(), phase="Waiting", reason="Backoff", observedGeneration=1)
    assert (await api.write_status(job, phase="Running"))["status"] == {"phase": "Running"}


async def a_field_that_no_status_has_is_dropped(api: Api) -> None:
    job = await api.a_job()
    stored = await api.write_status(job, phase="Waiting", mood="good", attempts=[{"number": 1, "colour": "red"}])
    assert stored["status"] == {"phase": "Waiting", "attempts": [{"number": 1}]}


async def a_status_that_contradicts_the_schema_is_refused(api: Api) -> None:
    job = await api.a_job()
    wrong = {**job, "status": {"phase": "Waiting", "attempts": [{"podName": "p"}]}}
    refused = await api.put(f"{api.jobs}/j/status", wrong)
    refused.refused(422, "Invalid", "status.attempts[0].number: Required value")


async def a_letters_status_is_patched_if_its_version_is_still_the_same(api: Api) -> None:
    letter = await api.a_letter()
    version = require("/metadata/resourceVersion", letter["metadata"]["resourceVersion"])
    patched = await api.patch(f"{api.letters}/l/status", version, add("/status/phase", "Redriven"))
    assert patched.ok()["status"]["phase"] == "Redriven"
    again = await api.patch(f"{api.letters}/l/status", version, add("/status/phase", "Dead"))
    again.refused(422, "Invalid", "the server rejected our request")


async def a_status_that_is_written_again_makes_no_version(api: Api) -> None:
    job = await api.write_status(await api.a_job(), phase="Waiting")
    again = await api.write_status(job, phase="Waiting")
    assert again["metadata"]["resourceVersion"] == job["metadata"]["resourceVersion"]


async def a_kubelets_report_leaves_the_spec_alone(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.bind("p")
    patch = {"spec": {"nodeName": "other"}, "status": {"phase": "Running"}}
    pod = (await api.merge(f"{api.pods}/p/status", patch)).ok()
    assert (pod["status"]["phase"], pod["spec"]["nodeName"]) == ("Running", "node")


async def a_write_to_a_pod_leaves_its_status_alone(api: Api) -> None:
    await api.create(api.pods, a_pod())
    patch = {"metadata": {"labels": {"a": "b"}}, "status": {"phase": "Succeeded"}}
    assert (await api.merge(f"{api.pods}/p", patch)).ok()["status"]["phase"] == "Pending"
