"""LIST: pages of one revision, selectors, metadata only."""

import base64

import orjson

from queuedjob.kube.client.wire import METADATA_LIST
from queuedjob.ports import Body
from tests.api.semantics.api import Api, a_pod


def names(page: Body) -> list[str]:
    return [item["metadata"]["name"] for item in page["items"] or ()]


async def pages_are_of_one_moment_in_order_of_names(api: Api) -> None:
    for name in ("c", "a", "b"):
        await api.create(api.pods, a_pod(name))
    first = await api.list(api.pods, limit="2")
    assert names(first) == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 1
    (await api.delete(f"{api.pods}/c")).ok()
    await api.create(api.pods, a_pod("d"))
    rest = await api.list(api.pods, limit="2", **{"continue": first["metadata"]["continue"]})
    assert names(rest) == ["c"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "continue" not in rest["metadata"]
    assert names(await api.list(api.pods)) == ["a", "b", "d"]


async def a_token_that_is_none_is_refused(api: Api) -> None:
    answer = await api.ask("GET", api.pods, query={"limit": "1", "continue": "nonsense"})
    answer.refused(400, "BadRequest", "continue key is not valid")


async def a_token_of_a_moment_that_is_forgotten_is_refused(api: Api) -> None:
    await api.forget()
    token = base64.urlsafe_b64encode(orjson.dumps({"v": "meta.k8s.io/v1", "rv": 5, "start": "/a\u0000"})).decode()
    answer = await api.ask("GET", api.jobs, query={"limit": "1", "continue": token.rstrip("=")})
    answer.refused(410, "Expired", "The provided continue parameter is too old")


async def a_page_of_selected_objects_does_not_say_how_many_remain(api: Api) -> None:
    for name in ("a", "b"):
        await api.create(api.pods, a_pod(name, labels={"x": "y"}))
    page = await api.list(api.pods, limit="1", labelSelector="x")
    assert "remainingItemCount" not in page["metadata"]
    rest = await api.list(api.pods, limit="1", labelSelector="x", **{"continue": page["metadata"]["continue"]})
    assert names(page) + names(rest) == ["a", "b"]


async def labels_select(api: Api) -> None:
    for name, labels in {"a": {"x": "1"}, "b": {"x": "2"}, "c": {"y": "1"}}.items():
        await api.create(api.pods, a_pod(name, labels=labels))
    for selector, found in {
        "x": ["a", "b"],
        "!x": ["c"],
        "x=1": ["a"],
        "x==1": ["a"],
        "x!=1": ["b", "c"],
        "x in (1, 2)": ["a", "b"],
        "x notin (1)": ["b", "c"],
        "x,x!=2": ["a"],
        "x in (1,2),y": [],
    }.items():
        assert names(await api.list(api.pods, labelSelector=selector)) == found, selector


async def fields_select(api: Api) -> None:
    for name in ("a", "b"):
        await api.create(api.pods, a_pod(name))
    await api.bind("b")
    for selector, found in {
        "metadata.name=a": ["a"],
        "metadata.name!=a": ["b"],
        "spec.nodeName=node": ["b"],
        "spec.nodeName=": ["a"],
        "status.phase=Pending": ["a", "b"],
        "status.phase=Pending,metadata.name=b": ["b"],
    }.items():
        assert names(await api.list(api.pods, fieldSelector=selector)) == found, selector


async def declared_fields_of_jobs_select(api: Api) -> None:
    await api.a_job("a", queue="q")
    await api.a_job("b")
    for selector, found in {
        "spec.queue=q": ["a"],
        "status.phase=Pending": ["a", "b"],
        "metadata.name=b": ["b"],
    }.items():
        assert names(await api.list(api.jobs, fieldSelector=selector)) == found, selector


async def other_fields_do_not_select(api: Api) -> None:
    answer = await api.ask("GET", api.jobs, query={"fieldSelector": "spec.suspend=true"})
    answer.refused(400, "BadRequest", "field label not supported: spec.suspend")


async def metadata_can_be_had_alone(api: Api) -> None:
    await api.create(api.pods, a_pod(labels={"a": "b"}, finalizers=["example.com/x"]))
    await api.a_job()
    for path in (api.pods, api.jobs):
        page = (await api.ask("GET", path, accept=METADATA_LIST)).ok()
        assert (page["kind"], page["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
        (item,) = page["items"]
        assert item.keys() == {"kind", "apiVersion", "metadata"}
        assert item["kind"] == "PartialObjectMetadata"


async def a_list_of_metadata_that_is_empty_has_no_items_at_all(api: Api) -> None:
    page = (await api.ask("GET", api.pods, accept=METADATA_LIST)).ok()
    assert page["items"] is None


async def items_of_a_list_say_what_they_are_only_where_a_crd_defines_them(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.a_job()
    (pod,) = (await api.list(api.pods))["items"]
    (job,) = (await api.list(api.jobs))["items"]
    assert pod.keys() == {"metadata", "spec", "status"}
    assert job["kind"] == "QueuedJob"


async def a_namespace_that_never_was_lists_nothing(api: Api) -> None:
    assert names(await api.list("/api/v1/namespaces/never-was/pods")) == []


async def a_write_is_in_every_list_after_it(api: Api) -> None:
    for number in range(3):
        pod = await api.create(api.pods, a_pod(f"p{number}"))
        page = await api.list(api.pods)
        assert len(page["items"]) == number + 1
        assert int(page["metadata"]["resourceVersion"]) >= int(pod["metadata"]["resourceVersion"])
