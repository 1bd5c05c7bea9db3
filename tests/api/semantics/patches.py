"""JSON patches: all operations are carried out, or none."""

from typing import Final

from queuedjob.kube.objects.patches import add, pointer, remove, require
from tests.api.semantics.api import Api, a_pod
from tests.api.semantics.conflicts import OTHER

FINALIZER: Final = "queuedjob.dev/outcome"
REJECTED: Final = "the server rejected our request due to an error in our request"


async def a_test_of_the_uid_that_does_not_hold_refuses_the_patch(api: Api) -> None:
    await api.create(api.pods, a_pod())
    refused = await api.patch(f"{api.pods}/p", require("/metadata/uid", OTHER), add("/metadata/labels", {"a": "b"}))
    refused.refused(422, "Invalid", REJECTED)
    assert "labels" not in (await api.get(f"{api.pods}/p"))["metadata"]


async def a_test_of_the_version_holds_until_somebody_writes(api: Api) -> None:
    pod = await api.create(api.pods, a_pod())
    unchanged = require("/metadata/resourceVersion", pod["metadata"]["resourceVersion"])
    (await api.patch(f"{api.pods}/p", unchanged, add("/metadata/annotations", {"a": "b"}))).ok()
    (await api.patch(f"{api.pods}/p", unchanged, remove("/metadata/annotations/a"))).refused(422, "Invalid", REJECTED)


async def what_comes_before_a_failed_operation_is_not_carried_out(api: Api) -> None:
    await api.create(api.pods, a_pod(labels={"a": "b"}))
    refused = await api.patch(f"{api.pods}/p", add("/metadata/labels/c", "d"), require("/metadata/labels/a", "x"))
    refused.refused(422, "Invalid", REJECTED)
    assert (await api.get(f"{api.pods}/p"))["metadata"]["labels"] == {"a": "b"}


async def what_has_no_parent_cannot_be_added(api: Api) -> None:
    await api.create(api.pods, a_pod())
    refused = await api.patch(f"{api.pods}/p", add(pointer("metadata", "labels", "queuedjob.dev/job"), "j"))
    refused.refused(422, "Invalid", REJECTED)
    both = add("/metadata/labels", {}), add(pointer("metadata", "labels", "queuedjob.dev/job"), "j")
    labels = (await api.patch(f"{api.pods}/p", *both)).ok()["metadata"]["labels"]
    assert labels == {"queuedjob.dev/job": "j"}


async def what_is_not_there_cannot_be_removed(api: Api) -> None:
    await api.create(api.pods, a_pod(labels={"a": "b"}))
    (await api.patch(f"{api.pods}/p", remove("/metadata/labels/c"))).refused(422, "Invalid", REJECTED)


async def a_test_of_what_is_not_there_fails(api: Api) -> None:
    await api.create(api.pods, a_pod())
    (await api.patch(f"{api.pods}/p", require("/metadata/finalizers/0", FINALIZER))).refused(422, "Invalid", REJECTED)


async def a_finalizer_goes_by_its_index_if_it_is_still_there(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=["example.com/other", FINALIZER]))
    at = "/metadata/finalizers/1"
    pod = (await api.patch(f"{api.pods}/p", require(at, FINALIZER), remove(at))).ok()
    assert pod["metadata"]["finalizers"] == ["example.com/other"]
    (await api.patch(f"{api.pods}/p", require(at, FINALIZER), remove(at))).refused(422, "Invalid", REJECTED)


async def lists_grow_at_their_end_and_in_between(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=["example.com/b"]))
    operations = add("/metadata/finalizers/-", "example.com/c"), add("/metadata/finalizers/0", "example.com/a")
    pod = (await api.patch(f"{api.pods}/p", *operations)).ok()
    assert pod["metadata"]["finalizers"] == ["example.com/a", "example.com/b", "example.com/c"]


async def a_patch_that_changes_nothing_makes_no_version(api: Api) -> None:
    pod = await api.create(api.pods, a_pod(labels={"a": "b"}))
    again = (await api.patch(f"{api.pods}/p", add("/metadata/labels/a", "b"))).ok()
    assert again["metadata"]["resourceVersion"] == pod["metadata"]["resourceVersion"]


async def a_patch_of_what_is_not_there_is_not_found(api: Api) -> None:
    (await api.patch(f"{api.pods}/p", add("/metadata/labels", {}))).refused(404, "NotFound", 'pods "p" not found')


async def nobody_patches_uid_or_deletion(api: Api) -> None:
    pod = await api.create(api.pods, a_pod())
    refused = await api.patch(f"{api.pods}/p", add("/metadata/uid", OTHER))
    refused.refused(422, "Invalid", "metadata.uid", "field is immutable")
    refused = await api.patch(f"{api.pods}/p", add("/metadata/deletionTimestamp", "2001-01-01T00:00:00Z"))
    refused.refused(422, "Invalid", "metadata.deletionTimestamp", "field is immutable")
    assert await api.get(f"{api.pods}/p") == pod


async def values_move_and_are_copied(api: Api) -> None:
    await api.create(api.pods, a_pod(labels={"a": "b"}))
    copied = {"op": "copy", "from": "/metadata/labels/a", "path": "/metadata/labels/c"}
    moved = {"op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/d"}
    pod = (await api.patch(f"{api.pods}/p", copied, moved)).ok()
    assert pod["metadata"]["labels"] == {"c": "b", "d": "b"}


async def an_operation_that_is_none_refuses_the_patch(api: Api) -> None:
    await api.create(api.pods, a_pod(labels={"a": "b"}))
    for wrong in ({"op": "shuffle", "path": "/metadata/labels"}, {"op": "remove", "path": "metadata/labels"}):
        assert (await api.patch(f"{api.pods}/p", wrong)).status in {400, 422}


async def a_job_takes_no_strategic_patch(api: Api) -> None:
    await api.a_job()
    form = "application/strategic-merge-patch+json"
    refused = await api.ask("PATCH", f"{api.jobs}/j", {"metadata": {"labels": {"a": "b"}}}, form=form)
    refused.refused(415, "UnsupportedMediaType", "the body of the request was in an unknown format")


async def a_merge_patch_takes_away_what_it_says_is_null(api: Api) -> None:
    await api.create(api.pods, a_pod(labels={"a": "b", "c": "d"}))
    pod = (await api.merge(f"{api.pods}/p", {"metadata": {"labels": {"a": None}}})).ok()
    assert pod["metadata"]["labels"] == {"c": "d"}
