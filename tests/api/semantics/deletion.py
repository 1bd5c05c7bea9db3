"""How objects are removed: at once, after a grace period, or when the last finalizer is removed."""

from datetime import timedelta

from queuedjob.api.types.times import parse_time
from queuedjob.kube.objects.patches import remove, require
from tests.api.semantics.api import Api, a_pod
from tests.api.semantics.patches import FINALIZER

RELEASE = require("/metadata/finalizers/0", FINALIZER), remove("/metadata/finalizers/0")


async def a_pod_without_a_node_goes_at_once_and_is_answered_as_it_was_last(api: Api) -> None:
    await api.create(api.pods, a_pod())
    last = (await api.delete(f"{api.pods}/p")).ok()
    assert last["kind"] == "Pod"
    assert last["metadata"]["deletionGracePeriodSeconds"] == 0
    await api.is_gone(f"{api.pods}/p")


async def a_held_pod_without_a_node_stays_until_it_is_released(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    going = (await api.delete(f"{api.pods}/p")).ok()
    assert going["metadata"]["deletionGracePeriodSeconds"] == 0
    assert (await api.get(f"{api.pods}/p"))["status"]["phase"] == "Pending"
    (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
    await api.is_gone(f"{api.pods}/p")


async def a_release_that_ends_a_pod_is_answered_under_the_version_before(api: Api) -> None:
    made = await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    async with api.watch(api.pods, made["metadata"]["resourceVersion"]) as events:
        going = (await api.delete(f"{api.pods}/p")).ok()
        answer = (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
        assert answer["metadata"]["resourceVersion"] == going["metadata"]["resourceVersion"]
        assert "finalizers" not in answer["metadata"]
        assert await events.next_name() == "MODIFIED p"
        kind, last = await events.next()
        assert (kind, last["metadata"]["finalizers"]) == ("DELETED", [FINALIZER])
        assert int(last["metadata"]["resourceVersion"]) > int(going["metadata"]["resourceVersion"])


async def a_pod_on_a_node_has_its_grace_and_ends_when_the_kubelet_says_so(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.bind("p")
    going = (await api.delete(f"{api.pods}/p")).ok()["metadata"]
    assert (going["deletionGracePeriodSeconds"], going["generation"]) == (30, 2)
    assert going["deletionTimestamp"] > going["creationTimestamp"]
    assert (await api.get(f"{api.pods}/p"))["metadata"]["deletionGracePeriodSeconds"] == 30
    (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
    await api.is_gone(f"{api.pods}/p")


async def the_kubelets_last_word_is_dated_when_it_came_not_when_the_deletion_was_asked_for(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    await api.bind("p")
    going = (await api.delete(f"{api.pods}/p")).ok()["metadata"]
    asked_at = parse_time(going["deletionTimestamp"]) - timedelta(seconds=30)
    assert asked_at - parse_time(going["creationTimestamp"]) < timedelta(seconds=5)
    await api.until_past(asked_at)
    ended = (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()["metadata"]
    assert asked_at < parse_time(ended["deletionTimestamp"]) < asked_at + timedelta(seconds=20)


async def a_held_pod_on_a_node_stays_after_the_kubelet_has_ended_it(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    await api.bind("p")
    (await api.delete(f"{api.pods}/p")).ok()
    (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
    assert (await api.get(f"{api.pods}/p"))["metadata"]["deletionGracePeriodSeconds"] == 0
    (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
    await api.is_gone(f"{api.pods}/p")


async def a_pod_released_before_the_kubelet_has_ended_it_stays_until_then(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    await api.bind("p")
    (await api.delete(f"{api.pods}/p")).ok()
    (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
    assert "finalizers" not in (await api.get(f"{api.pods}/p"))["metadata"]
    (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
    await api.is_gone(f"{api.pods}/p")


async def a_pod_that_has_ended_goes_at_once(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.bind("p")
    await api.report("p", "Failed")
    last = (await api.delete(f"{api.pods}/p")).ok()
    assert last["metadata"]["deletionGracePeriodSeconds"] == 0
    await api.is_gone(f"{api.pods}/p")


async def a_second_delete_changes_nothing(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.bind("p")
    first = (await api.delete(f"{api.pods}/p")).ok()
    second = (await api.delete(f"{api.pods}/p", gracePeriodSeconds=600)).ok()
    assert second["metadata"] == first["metadata"]


async def a_grace_can_be_shortened(api: Api) -> None:
    await api.create(api.pods, a_pod())
    await api.bind("p")
    first = (await api.delete(f"{api.pods}/p")).ok()["metadata"]
    second = (await api.delete(f"{api.pods}/p", gracePeriodSeconds=5)).ok()["metadata"]
    assert second["deletionGracePeriodSeconds"] == 5
    assert second["deletionTimestamp"] < first["deletionTimestamp"]
    assert second["generation"] == first["generation"]


async def a_force_delete_takes_a_running_pod_away_at_once(api: Api) -> None:
    made = await api.create(api.pods, a_pod())
    await api.bind("p")
    await api.report("p", "Running")
    async with api.watch(api.pods, made["metadata"]["resourceVersion"]) as events:
        (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
        seen = [await events.next_name() for _ in range(4)]
    assert seen == ["MODIFIED p", "MODIFIED p", "MODIFIED p", "DELETED p"]
    await api.is_gone(f"{api.pods}/p")


async def a_force_delete_of_a_held_pod_leaves_it_there(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    await api.bind("p")
    (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
    (await api.delete(f"{api.pods}/p", gracePeriodSeconds=0)).ok()
    await api.report("p", "Failed")
    (await api.patch(f"{api.pods}/p", *RELEASE)).ok()
    await api.is_gone(f"{api.pods}/p")


async def a_job_goes_at_once_and_the_answer_says_so(api: Api) -> None:
    job = await api.a_job()
    gone = (await api.delete(f"{api.jobs}/j")).ok()
    assert (gone["kind"], gone["status"], gone["details"]["uid"]) == ("Status", "Success", job["metadata"]["uid"])
    await api.is_gone(f"{api.jobs}/j")


async def a_held_job_is_marked_and_is_a_new_generation(api: Api) -> None:
    await api.a_job()
    (await api.merge(f"{api.jobs}/j", {"metadata": {"finalizers": ["example.com/x"]}})).ok()
    going = (await api.delete(f"{api.jobs}/j")).ok()["metadata"]
    assert (going["generation"], going["deletionGracePeriodSeconds"]) == (2, 0)
    asked_at, made_at = (parse_time(going[f"{which}Timestamp"]) for which in ("deletion", "creation"))
    assert made_at <= asked_at < made_at + timedelta(seconds=4)
    again = (await api.delete(f"{api.jobs}/j")).ok()["metadata"]
    assert again["resourceVersion"] == going["resourceVersion"]
    (await api.merge(f"{api.jobs}/j", {"metadata": {"finalizers": None}})).ok()
    await api.is_gone(f"{api.jobs}/j")


async def a_held_job_can_be_written_to_until_it_goes(api: Api) -> None:
    await api.a_job()
    (await api.merge(f"{api.jobs}/j", {"metadata": {"finalizers": ["example.com/x"]}})).ok()
    going = (await api.delete(f"{api.jobs}/j")).ok()
    assert (await api.write_status(going, phase="Waiting"))["status"]["phase"] == "Waiting"
    assert (await api.merge(f"{api.jobs}/j", {"spec": {"queue": "q"}})).ok()["metadata"]["generation"] == 3


async def nothing_on_its_way_out_takes_a_new_finalizer(api: Api) -> None:
    await api.create(api.pods, a_pod(finalizers=[FINALIZER]))
    (await api.delete(f"{api.pods}/p")).ok()
    refused = await api.merge(f"{api.pods}/p", {"metadata": {"finalizers": [FINALIZER, "example.com/x"]}})
    refused.refused(422, "Invalid", "no new finalizers can be added if the object is being deleted")


async def no_job_on_its_way_out_takes_a_new_finalizer(api: Api) -> None:
    await api.a_job()
    (await api.merge(f"{api.jobs}/j", {"metadata": {"finalizers": [FINALIZER]}})).ok()
    (await api.delete(f"{api.jobs}/j")).ok()
    refused = await api.merge(f"{api.jobs}/j", {"metadata": {"finalizers": [FINALIZER, "example.com/x"]}})
    refused.refused(422, "Invalid", "no new finalizers can be added if the object is being deleted")


async def what_is_gone_cannot_be_deleted(api: Api) -> None:
    (await api.delete(f"{api.pods}/p")).refused(404, "NotFound", 'pods "p" not found')
    (await api.delete(f"{api.letters}/l")).refused(404, "NotFound", 'deadletters.queuedjob.dev "l" not found')


async def the_name_of_a_successor_protects_it_by_its_uid(api: Api) -> None:
    first = await api.create(api.pods, a_pod())
    (await api.delete(f"{api.pods}/p")).ok()
    await api.create(api.pods, a_pod())
    (await api.delete(f"{api.pods}/p", preconditions={"uid": first["metadata"]["uid"]})).refused(409, "Conflict")
    await api.get(f"{api.pods}/p")
