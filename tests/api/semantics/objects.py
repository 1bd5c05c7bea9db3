"""Names, UIDs, generations, and the content of a new object."""

from queuedjob.ports import Body
from tests.api.manifests import a_job
from tests.api.semantics.api import Api, a_pod, named


async def a_fresh_pod_is_pending_whatever_status_it_was_sent_with(api: Api) -> None:
    pod = await api.create(api.pods, {**a_pod(), "status": {"phase": "Running"}})
    assert pod["status"]["phase"] == "Pending"
    assert pod["metadata"]["generation"] == 1
    assert pod["spec"]["terminationGracePeriodSeconds"] == 30


async def a_fresh_job_has_the_default_status_whatever_it_was_sent_with(api: Api) -> None:
    job = await api.create(api.jobs, {**named(a_job(), "j"), "status": {"phase": "Succeeded"}})
    assert job["status"] == {"phase": "Pending", "observedGeneration": -1}
    assert job["metadata"]["generation"] == 1


async def a_fresh_letter_is_dead(api: Api) -> None:
    assert (await api.a_letter())["status"] == {"phase": "Dead"}


async def a_name_that_is_taken_is_refused(api: Api) -> None:
    await api.create(api.pods, a_pod())
    (await api.ask("POST", api.pods, a_pod())).refused(409, "AlreadyExists", 'pods "p" already exists')
    await api.a_job()
    refused = await api.ask("POST", api.jobs, named(a_job(), "j"))
    refused.refused(409, "AlreadyExists", 'queuedjobs.queuedjob.dev "j" already exists')


async def a_name_stays_taken_while_its_object_is_on_its_way_out(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=["queuedjob.dev/outcome"]))
    (await api.delete(f"{api.pods}/p")).ok()
    (await api.ask("POST", api.pods, a_pod())).refused(409, "AlreadyExists", "object is being deleted")


async def a_name_that_is_used_again_has_another_uid(api: Api) -> None:
    first = await api.a_job()
    (await api.delete(f"{api.jobs}/j")).ok()
    second = await api.a_job()
    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    assert second["metadata"]["generation"] == 1


async def a_name_that_no_host_could_have_is_refused(api: Api) -> None:
    (await api.ask("POST", api.pods, a_pod("B"))).refused(422, "Invalid", "metadata.name", "RFC 1123 subdomain")


async def a_name_that_no_label_could_carry_is_refused_to_a_job(api: Api) -> None:
    refused = await api.ask("POST", api.jobs, named(a_job(), "a" * 64))
    refused.refused(422, "Invalid", "has at most 63 characters")


async def an_object_without_a_name_is_refused(api: Api) -> None:
    nameless = {**a_pod(), "metadata": {}}
    (await api.ask("POST", api.pods, nameless)).refused(422, "Invalid", "name or generateName is required")


async def a_label_value_that_is_too_long_is_refused(api: Api) -> None:
    refused = await api.ask("POST", api.pods, a_pod(labels={"a": "x" * 64}))
    refused.refused(422, "Invalid", "metadata.labels", "must be no more than 63 bytes")


async def a_label_value_of_two_words_is_refused(api: Api) -> None:
    refused = await api.ask("POST", api.pods, a_pod(labels={"a": "b c"}))
    refused.refused(422, "Invalid", "metadata.labels", "a valid label must be")


async def too_long_annotations_are_refused(api: Api) -> None:
    refused = await api.ask("POST", api.pods, a_pod(annotations={"a": "x" * 200_000, "b": "x" * 100_000}))
    refused.refused(422, "Invalid", "metadata.annotations: Too long: may not be more than 262144 bytes")


async def nobody_chooses_uid_or_time_of_creation(api: Api) -> None:
    mine: Body = {
        "uid": "22222222-2222-4333-8444-555555555555",
        "creationTimestamp": "2001-01-01T00:00:00Z",
        "generation": 7,
    }
    made = (await api.create(api.pods, a_pod(**mine)))["metadata"]
    assert made["uid"] != mine["uid"]
    assert made["creationTimestamp"] > "2020"
    assert made["generation"] == 1


async def a_changed_spec_is_a_new_generation_and_changed_metadata_is_none(api: Api) -> None:
    await api.a_job()
    path = f"{api.jobs}/j"
    assert (await api.merge(path, {"metadata": {"labels": {"a": "b"}}})).ok()["metadata"]["generation"] == 1
    assert (await api.merge(path, {"spec": {"queue": "q"}})).ok()["metadata"]["generation"] == 2
    assert (await api.merge(path, {"spec": {"queue": "q"}})).ok()["metadata"]["generation"] == 2


async def the_first_write_to_a_job_makes_a_version_even_if_it_changes_nothing(api: Api) -> None:
    fresh = (await api.a_job())["metadata"]
    first = (await api.merge(f"{api.jobs}/j", {"spec": {"bogus": 1}})).ok()["metadata"]
    second = (await api.merge(f"{api.jobs}/j", {"spec": {"bogus": 1}})).ok()["metadata"]
    assert int(first["resourceVersion"]) > int(fresh["resourceVersion"])
    assert second["resourceVersion"] == first["resourceVersion"]
    assert second["generation"] == 1


async def a_pods_spec_is_frozen_but_for_little(api: Api) -> None:
    await api.create(api.pods, a_pod())
    refused = await api.merge(f"{api.pods}/p", {"spec": {"restartPolicy": "Never"}})
    refused.refused(422, "Invalid", "pod updates may not change fields other than")


async def a_pods_deadline_may_only_shrink(api: Api) -> None:
    await api.create(api.pods, a_pod())
    for seconds in (60, 30):
        (await api.merge(f"{api.pods}/p", {"spec": {"activeDeadlineSeconds": seconds}})).ok()
    refused = await api.merge(f"{api.pods}/p", {"spec": {"activeDeadlineSeconds": 31}})
    refused.refused(422, "Invalid", "spec.activeDeadlineSeconds", "must be less than or equal to previous value")


async def a_pod_is_bound_once(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.bind("p")
    assert (await api.get(f"{api.pods}/p"))["spec"]["nodeName"] == "node"
    target = {"apiVersion": "v1", "kind": "Node", "name": "other"}
    again = await api.ask("POST", f"{api.pods}/p/binding", {"metadata": {"name": "p"}, "target": target})
    again.refused(409, "Conflict", 'pod p is already assigned to node "node"')


async def a_pod_on_its_way_out_is_not_bound(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=["queuedjob.dev/outcome"]))
    (await api.delete(f"{api.pods}/p")).ok()
    target = {"apiVersion": "v1", "kind": "Node", "name": "node"}
    refused = await api.ask("POST", f"{api.pods}/p/binding", {"metadata": {"name": "p"}, "target": target})
    refused.refused(409, "Conflict", "is being deleted, cannot be assigned to a host")


async def a_binding_of_another_uid_strikes_nobody(api: Api) -> None:
    await api.create(api.pods, a_pod())
    target = {"apiVersion": "v1", "kind": "Node", "name": "node"}
    metadata = {"name": "p", "uid": "33333333-2222-4333-8444-555555555555"}
    refused = await api.ask("POST", f"{api.pods}/p/binding", {"metadata": metadata, "target": target})
    refused.refused(409, "Conflict", "Precondition failed: UID in precondition")


async def events_are_taken(api: Api) -> None:
    await api.create(
        f"/apis/events.k8s.io/v1/namespaces/{api.namespace}/events",
        {
            "metadata": {"name": "e.1"},
            "eventTime": "2030-01-01T00:00:00.000000Z",
            "reportingController": "queuedjob.dev/operator",
            "reportingInstance": "test",
            "action": "Reconcile",
            "reason": "Tested",
            "regarding": {"apiVersion": "v1", "kind": "Pod", "name": "p", "namespace": api.namespace},
            "type": "Normal",
        },
    )


async def a_collection_cannot_be_put(api: Api) -> None:
    refused = await api.ask("PUT", api.pods, a_pod())
    refused.refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


async def an_object_of_another_namespace_is_refused(api: Api) -> None:
    (await api.ask("POST", api.pods, a_pod(namespace="elsewhere"))).refused(400, "BadRequest", "the namespace of the")


async def a_path_that_nobody_serves_is_not_found_in_plain_text(api: Api) -> None:
    answer = await api.ask("GET", "/apis/queuedjob.dev/v9/queuedjobs")
    assert (answer.status, answer.body) == (404, {"text": "404 page not found\n"})
