"""Evidence of an end beside the pod: logs, and Events that are selected by the object that they are about."""

from queuedjob.kube.client import paths
from queuedjob.ports import Body
from tests.api.semantics.api import Api, a_pod


def an_event(name: str, of: Body, reason: str, component: str = "kubelet") -> Body:
    metadata = of["metadata"]
    spoken_of = {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "metadata": {"name": name, "namespace": metadata["namespace"]},
        "involvedObject": {**spoken_of, "apiVersion": "v1", "fieldPath": "spec.containers{main}"},
        "reason": reason,
        "message": "Liveness probe failed: silent",
        "type": "Warning",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "reportingComponent": component,
        "reportingInstance": "node",
    }


async def the_log_of_a_pod_without_a_node_is_empty(api: Api) -> None:
    await api.create(api.pods, a_pod())
    query = {"container": "main", "tailLines": "80", "limitBytes": "1000"}
    log = await api.ask("GET", f"{api.pods}/p/log", query=query)
    assert (log.status, log.body) == (204, {"text": ""})


async def a_container_that_a_pod_does_not_have_has_no_log(api: Api) -> None:
    await api.create(api.pods, a_pod())
    refused = await api.ask("GET", f"{api.pods}/p/log", query={"container": "other"})
    refused.refused(400, "BadRequest", "container other is not valid for pod p")


async def nor_has_a_pod_that_is_not_there(api: Api) -> None:
    refused = await api.ask("GET", f"{api.pods}/p/log", query={"container": "main"})
    refused.refused(404, "NotFound", 'pods "p" not found')


async def events_are_selected_by_the_uid_that_they_speak_of_and_by_their_source(api: Api) -> None:
    told = paths.core_events(api.namespace)
    one, other = await api.create(api.pods, a_pod("one")), await api.create(api.pods, a_pod("other"))
    for event in (
        an_event("a", one, "Killing"),
        an_event("b", other, "Killing"),
        an_event("c", one, "Unhealthy"),
        an_event("d", one, "Killing", "somebody"),
    ):
        await api.create(told, event)
    fields = f"involvedObject.uid={one['metadata']['uid']},reportingComponent=kubelet"
    found = await api.list(told, fieldSelector=fields, limit="100")
    assert [each["metadata"]["name"] for each in found["items"]] == ["a", "c"]
    assert found["items"][0]["involvedObject"]["fieldPath"] == "spec.containers{main}"


async def events_are_not_selected_by_their_words(api: Api) -> None:
    refused = await api.ask("GET", paths.core_events(api.namespace), query={"fieldSelector": "message=x"})
    refused.refused(400, "BadRequest", "field label not supported: message")
