import pytest

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.controllers.job.orphans import OrphanController
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import JobId
from queuedjob.ports import Body, NoAnswer, Response
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_pod_body, ended
from tests.unit.controllers.controller_env import BOUND, ControllerEnv
from tests.unit.kube.client.scripted import answer, failure

NAME = "j-abcdefghij-1"
UID = f"{NAME}-uid"
KEY = "queuedjobs/default/j-uid"
J = JobId("default", "j-uid")
JOB = paths.job("default", "j")


SET: Body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "web-uid", "controller": True}


def keeper(*pods: Body, settled: bool = True) -> tuple[ControllerEnv, OrphanController]:
    """The controller of orphans, with these pods. Their job is not in the store."""
    env = ControllerEnv(ApiServer.with_pods(*pods), settled=settled)
    env.seeing(*pods)
    return env, env.orphans


def held(env: ControllerEnv, name: str = NAME) -> bool:
    return names.FINALIZER in env.server.objects[f"{PODS}/{name}"]["metadata"]["finalizers"]


async def test_an_ended_pod_is_released_when_a_get_does_not_find_its_job() -> None:
    env, orphans = keeper(ended(a_pod_body()))
    await orphans.reconcile(J)
    assert not held(env)


async def test_an_ended_pod_is_released_when_a_get_finds_another_job_of_the_same_name() -> None:
    env, orphans = keeper(ended(a_pod_body()))
    env.server.objects[JOB] = a_job_body(uid="new-uid")
    await orphans.reconcile(J)
    assert not held(env)
    assert "new-uid" in env.stores.jobs


NAMES = ["", "../../victim/queuedjobs/j", "another"]
"""Names that a client wrote into the owner reference. The pod's own name says that they are wrong."""


def naming(name: str) -> Body:
    """An ended pod whose owner reference has the job's UID and this name."""
    body = ended(a_pod_body())
    body["metadata"]["ownerReferences"][0]["name"] = name
    return body


@pytest.mark.parametrize("name", NAMES)
async def test_an_ended_pod_whose_owner_reference_has_a_wrong_name_is_released_when_no_job_has_its_uid(
    name: str,
) -> None:
    env, orphans = keeper(naming(name))
    await orphans.reconcile(J)
    assert not held(env)
    assert [request.path for request in env.server.asked] == [paths.jobs("default"), f"{PODS}/{NAME}"]


async def test_a_pod_whose_job_a_get_finds_is_no_orphan() -> None:
    env, orphans = keeper(ended(a_pod_body()))
    env.server.objects[JOB] = a_job_body()
    await orphans.reconcile(J)
    assert held(env)
    assert KEY in env.keys.added


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(NoAnswer("timeout"), id="no answer"),
        pytest.param(failure(500, "InternalError", "etcd"), id="500"),
        pytest.param(failure(403, "Forbidden", "no"), id="403"),
        pytest.param(answer(404, b"404 page not found\n"), id="the kind is not served"),
    ],
)
async def test_a_failed_get_of_the_job_makes_no_pod_an_orphan(said: Response | NoAnswer) -> None:
    env, orphans = keeper(ended(a_pod_body()))
    env.server.fails = {"GET": [said]}
    with pytest.raises((NoAnswer, ApiError)):
        await orphans.reconcile(J)
    assert held(env)


async def test_a_pod_that_was_stored_before_its_job_and_names_another_uid_is_given_to_the_job() -> None:
    """The LIST of pods may come before that of jobs: then only the reference tells, and clients may change it."""
    first = pod_name("j", "j-uid", 0, 1)
    body = ended(a_pod_body(first))
    body["metadata"]["ownerReferences"][0].update(uid="no-job", name="../../victim")
    env, orphans = keeper(body)
    assert env.pod(f"{first}-uid").owner_uid == "no-job"
    env.server.objects[JOB] = a_job_body()
    env.seeing_job(a_job_body())
    await orphans.reconcile(JobId("default", "no-job"))
    assert held(env, first)
    assert env.pod(f"{first}-uid").owner_uid == "j-uid"


@pytest.mark.parametrize("name", ["j", "another"])
async def test_a_pod_whose_owner_reference_names_another_uid_is_given_to_the_job_that_its_name_was_made_for(
    name: str,
) -> None:
    """A client changed the reference, and the store does not hold the job yet: the pod is no orphan."""
    first = pod_name("j", "j-uid", 0, 1)
    body = ended(a_pod_body(first))
    body["metadata"]["ownerReferences"][0].update(uid="k-uid", name=name)
    env, orphans = keeper(body)
    env.server.objects[JOB] = a_job_body()
    await orphans.reconcile(JobId("default", "k-uid"))
    assert held(env, first)
    assert env.pod(f"{first}-uid").owner_uid == "j-uid"


async def test_all_pods_whose_owner_reference_names_no_job_are_given_to_the_job_of_their_names() -> None:
    """The present run has left them behind, so that the names of its pods do not show whose they are."""
    bodies = [ended(a_pod_body(pod_name("j", "j-uid", 0, number))) for number in (1, 2, 3)]
    for body in bodies:
        body["metadata"]["ownerReferences"][0] |= {"uid": "no-job", "name": ""}
    env, orphans = keeper(*bodies)
    env.server.objects[JOB] = {**a_job_body(), "status": {"counters": {"redrives": 5}}}
    env.seeing_job(env.server.objects[JOB])
    await orphans.reconcile(JobId("default", "no-job"))
    assert len(env.stores.pods.by("owner", J)) == 3
    assert "queuedjobs/default/no-job" in env.keys.added, "a pod of another job may be left"


async def test_a_running_orphan_is_kept_and_an_ended_one_is_released() -> None:
    env, orphans = keeper(a_pod_body(), ended(a_pod_body("j-abcdefghij-2")))
    await orphans.reconcile(J)
    assert held(env)
    assert not held(env, "j-abcdefghij-2")


async def test_an_orphan_is_kept_while_a_predecessors_post_may_arrive_late() -> None:
    env, orphans = keeper(ended(a_pod_body()), settled=False)
    await orphans.reconcile(J)
    assert held(env)
    assert env.keys.later == {KEY: pytest.approx(BOUND)}
    assert env.server.asked == [], "a wait that is looked at twice a second costs no request"
    await env.clock.sleep(BOUND)
    await orphans.reconcile(J)
    assert not held(env)


async def test_an_orphan_is_kept_while_a_lost_post_of_its_job_may_arrive_late() -> None:
    env, orphans = keeper(ended(a_pod_body()))
    env.late.lost(J, ("default", "j"), "j-abcdefghij-2")
    await orphans.reconcile(J)
    assert held(env)
    assert KEY in env.keys.later


async def test_a_pod_that_a_watch_event_reports_deleted_is_read_before_it_is_released() -> None:
    env, orphans = keeper(a_pod_body())
    env.stores.pods.take("DELETED", ended(a_pod_body(version=101)))
    env.server.objects[f"{PODS}/{NAME}"] = a_pod_body(version=101)
    await orphans.reconcile(J)
    assert held(env)
    assert env.pod(UID).live


async def test_a_released_orphan_without_labels_is_kept_no_longer() -> None:
    """No watch shows its deletion."""
    env, orphans = keeper(ended(a_pod_body(labels={})))
    await orphans.reconcile(J)
    assert not held(env)
    env.memory.warned[J] = UID
    await orphans.reconcile(J)
    assert UID not in env.stores.pods
    assert len(env.memory) == 0, "the job's facts go with its last pod"


async def test_an_orphan_that_its_release_does_not_find_is_forgotten_at_the_next_reconcile() -> None:
    env, orphans = keeper(ended(a_pod_body()))
    del env.server.objects[f"{PODS}/{NAME}"]
    await orphans.reconcile(J)
    await orphans.reconcile(J)
    assert env.pod(UID) is None


async def test_the_end_of_a_running_orphan_without_labels_is_found_by_a_read() -> None:
    env, orphans = keeper(a_pod_body(labels={}))
    await orphans.reconcile(J)
    assert env.server.asked == [], "it was seen just now"
    env.server.objects[f"{PODS}/{NAME}"] = ended(a_pod_body(labels={}, version=101))
    await env.clock.sleep(env.keys.later[KEY])
    await orphans.reconcile(J)
    assert not held(env)


async def test_running_orphans_without_labels_are_read_ever_more_seldom() -> None:
    """Whoever may create pods can create thousands of them."""
    env, orphans = keeper(*(a_pod_body(f"j-abcdefghij-{number}", labels={}) for number in range(1, 11)))
    began = env.clock.monotonic()
    while env.clock.monotonic() - began < 3600:
        await orphans.reconcile(J)
        await orphans.reconcile(J)  # a change of one of them is no reason to read the others
        await env.clock.sleep(env.keys.later[KEY])
    assert env.server.methods() == ["GET"] * 10 * 16


async def test_when_to_read_a_pod_is_forgotten_with_the_pod() -> None:
    env, orphans = keeper(a_pod_body(labels={}))
    await orphans.reconcile(J)
    assert len(env.memory) == 1
    env.stores.pods.forget(env.pod(UID))
    await orphans.reconcile(J)
    assert len(env.memory) == 0


async def test_a_release_of_an_orphan_that_a_policy_denies_is_tried_again() -> None:
    env, orphans = keeper(ended(a_pod_body()))
    words = "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'freeze' with binding 'freeze' denied request: not now"
    env.server.fails = {"PATCH": [failure(422, "Invalid", words)]}
    with pytest.raises(ApiError):  # the router tries the key again
        await orphans.reconcile(J)
    await orphans.reconcile(J)
    assert not held(env)


CONFLICT = failure(409, "Conflict", "the object has been modified; please apply your changes to the latest version")


async def test_a_release_of_an_orphan_that_gets_a_conflict_is_tried_again() -> None:
    env, orphans = keeper(ended(a_pod_body()))
    env.server.fails = {"PATCH": [CONFLICT]}
    await orphans.reconcile(J)
    assert env.keys.failed == [KEY]
    await orphans.reconcile(J)
    assert not held(env)


async def test_a_deleted_job_without_pods_is_dropped_from_memory_once_no_post_can_arrive() -> None:
    env, orphans = keeper()
    env.late.lost(J, ("default", "j"), NAME)
    await orphans.reconcile(J)
    assert env.keys.later == {KEY: pytest.approx(BOUND)}
    await env.clock.sleep(BOUND + 1)
    await orphans.reconcile(J)
    assert len(env.memory) == 0


async def test_a_job_uid_in_another_namespace_drops_nothing_from_the_memory_of_the_job() -> None:
    env, orphans = keeper()
    env.memory.warned[J] = UID
    await orphans.reconcile(JobId("elsewhere", J.uid))
    assert env.memory.warned == {J: UID}


@pytest.mark.parametrize("name", NAMES)
async def test_a_pod_whose_owner_reference_has_a_wrong_name_is_kept_when_a_list_finds_the_job_of_its_uid(
    name: str,
) -> None:
    env, orphans = keeper(naming(name))
    env.server.objects[JOB] = a_job_body()
    await orphans.reconcile(J)
    assert held(env)
    assert KEY in env.keys.added


# --- pods that name no job


async def test_a_pod_that_names_no_job_is_released() -> None:
    env, orphans = keeper(a_pod_body(ownerReferences=[], labels={}))
    await orphans.release_ownerless("default", UID)
    assert not held(env)


async def test_a_released_pod_that_names_no_job_is_forgotten() -> None:
    env, orphans = keeper(a_pod_body(ownerReferences=[], labels={}, finalizers=[]))
    await orphans.release_ownerless("default", UID)
    assert env.pod(UID) is None
    assert env.server.asked == []


async def test_a_pod_that_was_dropped_without_a_job_comes_back_when_a_jobs_status_names_it() -> None:
    """It is there: only what is gone has a tombstone. Otherwise the job would look for its pod for ever."""
    body = a_pod_body(ownerReferences=[], labels={}, finalizers=[])
    env, orphans = keeper()
    held = a_pod_body(ownerReferences=[SET])
    env.seeing(held)
    env.stores.pods.finalizer_removed(UID)
    await orphans.release_ownerless("default", UID)
    assert env.pod(UID) is None
    env.seeing_job(a_job_body())
    env.stores.pods.adopt(pod_from(body), next(iter(env.stores.jobs)))
    assert env.pod(UID).owner_uid == "j-uid"


async def test_a_pod_that_names_no_job_is_read_before_its_release_when_a_list_missed_it() -> None:
    body = a_pod_body(ownerReferences=[], labels={})
    env, orphans = keeper(body)
    env.stores.pods.missed(set(), 999)
    await orphans.release_ownerless("default", UID)
    assert env.server.methods() == ["GET"]
    assert held(env)


async def test_a_pod_that_names_no_job_keeps_its_name_taken_while_a_predecessors_post_may_arrive_late() -> None:
    env, orphans = keeper(ended(a_pod_body(ownerReferences=[], labels={})), settled=False)
    await orphans.release_ownerless("default", UID)
    assert held(env)
    assert env.keys.later == {f"pods/default/{UID}": pytest.approx(BOUND)}
    await env.clock.sleep(BOUND)
    await orphans.release_ownerless("default", UID)
    assert not held(env)


async def test_a_pod_that_another_controller_took_over_keeps_its_name_while_a_lost_post_may_arrive_late() -> None:
    name = pod_name("j", "j-uid", 0, 1)
    env, orphans = keeper(ended(a_pod_body(name, ownerReferences=[SET])))
    env.seeing_job(a_job_body())
    env.late.lost(J, ("default", "j"), pod_name("j", "j-uid", 0, 2))
    await orphans.release_ownerless("default", f"{name}-uid")
    assert held(env, name)


async def test_a_release_of_a_pod_that_names_no_job_is_tried_again_after_a_conflict() -> None:
    env, orphans = keeper(a_pod_body(ownerReferences=[], labels={}))
    env.server.fails = {"PATCH": [CONFLICT]}
    await orphans.release_ownerless("default", UID)
    assert env.keys.failed == [f"pods/default/{UID}"]
    await orphans.release_ownerless("default", UID)
    assert not held(env)


async def test_a_pod_that_names_no_job_is_given_to_the_stored_job_that_its_name_matches() -> None:
    name = pod_name("j", "j-uid", 0, 1)
    env, orphans = keeper(a_pod_body(name, ownerReferences=[], labels={}))
    env.stores.jobs.see(a_job_body())
    await orphans.release_ownerless("default", f"{name}-uid")
    assert held(env, name)
    assert env.pod(f"{name}-uid").owner_uid == "j-uid"
    assert KEY in env.keys.added


async def test_a_pod_that_names_no_job_is_given_to_the_listed_job_that_its_name_matches() -> None:
    name = pod_name("j.dotted", "j-uid", 0, 1)
    env, orphans = keeper(a_pod_body(name, ownerReferences=[], labels={}))
    env.server.objects[paths.job("default", "other")] = a_job_body("other", uid="other-uid")
    env.server.objects[paths.job("default", "j.dotted")] = a_job_body("j.dotted")
    await orphans.release_ownerless("default", f"{name}-uid")
    assert held(env, name)
    assert env.pod(f"{name}-uid").owner_name == "j.dotted"
    assert KEY in env.keys.added
    assert "other-uid" not in env.stores.jobs, "it was read for nothing"


async def test_a_pod_that_names_no_job_is_released_when_the_hash_in_its_name_fits_no_job() -> None:
    env, orphans = keeper(a_pod_body(ownerReferences=[], labels={}))
    env.server.objects[JOB] = a_job_body()
    await orphans.release_ownerless("default", UID)
    assert not held(env)


async def test_a_job_of_an_earlier_run_of_which_a_pod_has_the_name_is_found_in_the_list() -> None:
    name = pod_name("j", "j-uid", 3, 1)
    job = {**a_job_body(), "status": {"phase": "Waiting", "counters": {"redrives": 9}}}
    env, orphans = keeper(a_pod_body(name, ownerReferences=[], labels={}))
    env.server.objects[JOB] = job
    env.seeing_job(job)
    await orphans.release_ownerless("default", f"{name}-uid")
    assert env.pod(f"{name}-uid").owner_uid == "j-uid"


async def test_of_the_jobs_that_begin_alike_and_are_known_as_they_are_none_is_read() -> None:
    name = "l" * 44 + "-abcdefghij-1"
    env, orphans = keeper(a_pod_body(name, ownerReferences=[], labels={}))
    for number in range(5):
        job = a_job_body(f"{'l' * 50}{number}", uid=f"{number}-uid")
        env.server.objects[paths.job("default", job["metadata"]["name"])] = job
        env.seeing_job(job)
    await orphans.release_ownerless("default", f"{name}-uid")
    assert env.server.methods() == ["GET", "PATCH"], "the LIST, and the release"


# --- pods of another controller that carry our finalizer


async def test_a_running_pod_of_another_controller_is_left_alone() -> None:
    env, orphans = keeper(a_pod_body(ownerReferences=[SET]))
    await orphans.release_ownerless("default", UID)
    assert env.server.asked == []


async def test_a_pod_that_another_controller_took_over_is_not_released_while_a_jobs_status_waits_for_its_end() -> None:
    """Before the job's plan looks for the pod, its release would lose the end if the operator were killed then."""
    name = pod_name("j", "j-uid", 0, 1)
    env, orphans = keeper(ended(a_pod_body(name, ownerReferences=[SET])))
    attempt = {"number": 1, "podName": name, "podUID": f"{name}-uid", "generation": 1}
    env.stores.jobs.see({**a_job_body(version=11), "status": {"phase": "Running", "attempts": [attempt]}})
    await orphans.release_ownerless("default", f"{name}-uid")
    assert env.server.asked == []
    assert env.pod(f"{name}-uid").owner_uid == "j-uid"


async def test_a_pod_that_another_controller_took_over_is_released_once_it_is_counted() -> None:
    name = pod_name("j", "j-uid", 0, 1)
    env, orphans = keeper(ended(a_pod_body(name, ownerReferences=[SET])))
    attempt = {"number": 1, "podName": name, "podUID": f"{name}-uid", "generation": 1}
    settled = {**attempt, "finishTime": "2026-03-01T12:01:00Z", "class": "Disruption"}
    env.stores.jobs.see({**a_job_body(version=12), "status": {"phase": "Waiting", "attempts": [settled]}})
    await orphans.release_ownerless("default", f"{name}-uid")
    assert env.server.methods() == ["PATCH"]


async def test_a_pod_that_another_controller_took_over_stays_with_a_job_that_cannot_be_read() -> None:
    name = pod_name("j", "j-uid", 0, 1)
    env, orphans = keeper(ended(a_pod_body(name, ownerReferences=[SET])))
    env.stores.jobs.see({**a_job_body(version=11), "status": {"phase": "Running", "attempts": 7}})
    await orphans.release_ownerless("default", f"{name}-uid")
    assert env.server.asked == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ended(a_pod_body(ownerReferences=[SET])), id="ended"),
        pytest.param(a_pod_body(ownerReferences=[SET], deletionTimestamp="2026-03-01T12:01:00Z"), id="being deleted"),
    ],
)
async def test_our_finalizer_does_not_hold_back_a_pod_of_another_controller(body: Body) -> None:
    env, orphans = keeper(body)
    await orphans.release_ownerless("default", UID)
    assert not held(env)
    assert env.server.methods() == ["PATCH"], "no job was looked for"
