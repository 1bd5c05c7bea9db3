"""WATCH: which events are delivered, in which order, and when a watch ends."""

from tests.api.semantics.api import Api, a_pod


async def a_watch_tells_what_came_after_its_version_in_order(api: Api) -> None:
    await api.create(api.pods, a_pod("before"))
    since = (await api.list(api.pods))["metadata"]["resourceVersion"]
    for name in ("b", "a"):
        await api.create(api.pods, a_pod(name))
    (await api.merge(f"{api.pods}/before", {"metadata": {"labels": {"x": "y"}}})).ok()
    (await api.delete(f"{api.pods}/b")).ok()
    async with api.watch(api.pods, since) as events:
        seen = [await events.next_name() for _ in range(5)]
    assert seen == ["ADDED b", "ADDED a", "MODIFIED before", "MODIFIED b", "DELETED b"]


async def versions_of_a_watch_only_grow(api: Api) -> None:
    since = (await api.list(api.jobs))["metadata"]["resourceVersion"]
    for name in ("a", "b"):
        await api.write_status(await api.a_job(name), phase="Waiting")
    async with api.watch(api.jobs, since) as events:
        versions = [int((await events.next())[1]["metadata"]["resourceVersion"]) for _ in range(4)]
    assert versions == sorted(set(versions))


async def a_write_that_changes_nothing_is_not_told(api: Api) -> None:
    pod = await api.create(api.pods, a_pod(labels={"a": "b"}))
    async with api.watch(api.pods, pod["metadata"]["resourceVersion"]) as events:
        (await api.merge(f"{api.pods}/p", {"metadata": {"labels": {"a": "b"}}})).ok()
        await api.create(api.pods, a_pod("next"))
        assert await events.next_name() == "ADDED next"


async def what_loses_its_label_is_told_as_deleted_as_it_was_before(api: Api) -> None:
    pod = await api.create(api.pods, a_pod(labels={"a": "b"}))
    async with api.watch(api.pods, pod["metadata"]["resourceVersion"], labelSelector="a") as events:
        unlabelled = (await api.merge(f"{api.pods}/p", {"metadata": {"labels": {"a": None, "c": "d"}}})).ok()
        kind, last = await events.next()
        assert (kind, last["metadata"]["labels"]) == ("DELETED", {"a": "b"})
        assert last["metadata"]["resourceVersion"] == unlabelled["metadata"]["resourceVersion"]
        (await api.merge(f"{api.pods}/p", {"metadata": {"labels": {"e": "f"}}})).ok()
        (await api.merge(f"{api.pods}/p", {"metadata": {"labels": {"a": "b"}}})).ok()
        assert await events.next_name() == "ADDED p"


async def the_end_of_what_has_no_label_is_not_told(api: Api) -> None:
    since = (await api.create(api.pods, a_pod("seen", labels={"a": "b"})))["metadata"]["resourceVersion"]
    async with api.watch(api.pods, since, labelSelector="a") as events:
        await api.create(api.pods, a_pod("unseen"))
        (await api.delete(f"{api.pods}/unseen")).ok()
        (await api.delete(f"{api.pods}/seen")).ok()
        assert [await events.next_name() for _ in range(2)] == ["MODIFIED seen", "DELETED seen"]


async def one_object_can_be_watched(api: Api) -> None:
    since = (await api.list(api.pods))["metadata"]["resourceVersion"]
    for name in ("a", "b"):
        await api.create(api.pods, a_pod(name))
    async with api.watch(api.pods, since, fieldSelector="metadata.name=b") as events:
        assert await events.next_name() == "ADDED b"


async def a_watch_that_begins_again_tells_the_same_again(api: Api) -> None:
    since = (await api.list(api.pods))["metadata"]["resourceVersion"]
    await api.create(api.pods, a_pod("a"))
    async with api.watch(api.pods, since) as events:
        assert await events.next_name() == "ADDED a"
    async with api.watch(api.pods, since) as events:
        assert await events.next_name() == "ADDED a"


async def a_job_that_comes_again_is_told_as_another(api: Api) -> None:
    job = await api.a_job()
    async with api.watch(api.jobs, job["metadata"]["resourceVersion"]) as events:
        (await api.delete(f"{api.jobs}/j")).ok()
        again = await api.a_job()
        kind, last = await events.next()
        assert (kind, last["metadata"]["uid"]) == ("DELETED", job["metadata"]["uid"])
        kind, first = await events.next()
        assert (kind, first["metadata"]["uid"]) == ("ADDED", again["metadata"]["uid"])


async def a_version_that_is_forgotten_is_told_as_an_error_and_ends_the_watch(api: Api) -> None:
    async with api.watch(api.jobs, "1") as events:
        kind, status = await events.next()
        assert (kind, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
        await events.ends()


async def a_watch_by_a_field_that_does_not_select_is_refused(api: Api) -> None:
    asked = {"watch": "1", "resourceVersion": "1", "fieldSelector": "spec.suspend=true"}
    refused = await api.ask("GET", api.jobs, query=asked)
    refused.refused(400, "BadRequest", "field label not supported: spec.suspend")


async def a_watch_ends_when_its_time_is_over(api: Api) -> None:
    pod = await api.create(api.pods, a_pod())
    async with api.watch(api.pods, pod["metadata"]["resourceVersion"], timeoutSeconds="1") as events:
        await events.ends()


async def a_bookmark_tells_how_far_a_quiet_watch_has_come(api: Api) -> None:
    pod = await api.create(api.pods, a_pod("seen", labels={"a": "b"}))
    unseen = await api.create(api.pods, a_pod("unseen"))
    asked = {"labelSelector": "a", "allowWatchBookmarks": "true", "timeoutSeconds": "4"}
    told = None
    while told is None:  # a busy server leaves one out
        async with api.watch(api.pods, pod["metadata"]["resourceVersion"], **asked) as events:
            told = await events.next_if_any()
    kind, body = told
    assert kind == "BOOKMARK"
    assert int(body["metadata"]["resourceVersion"]) >= int(unseen["metadata"]["resourceVersion"])


async def a_watch_of_all_namespaces_tells_the_same(api: Api) -> None:
    job = await api.a_job("a")
    everywhere = api.jobs.replace(f"/namespaces/{api.namespace}", "")
    of_here = f"metadata.namespace={api.namespace}"
    async with api.watch(everywhere, job["metadata"]["resourceVersion"], fieldSelector=of_here) as events:
        await api.a_job("b")
        assert await events.next_name() == "ADDED b"
