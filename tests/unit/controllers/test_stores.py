from datetime import UTC, datetime

import pytest

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.kube.objects.pods import pod_from
from queuedjob.kube.objects.queuedjobs import StoredJob
from queuedjob.policy.facts import JobId
from queuedjob.ports import Body
from tests.unit.controllers.api_server import ApiServer, a_job_body, a_letter_body, a_pod_body, ended
from tests.unit.controllers.controller_env import ControllerEnv

UID = "j-abcdefghij-1-uid"
JOB_KEY = "queuedjobs/default/j-uid"


def a_shop() -> ControllerEnv:
    return ControllerEnv(ApiServer())


# --- jobs


async def test_an_added_job_is_stored_and_queued_for_reconcile() -> None:
    env = a_shop()
    env.stores.jobs.take("ADDED", a_job_body())
    assert env.stores.jobs.get("j-uid") is not None
    assert env.keys.added == [JOB_KEY]


async def test_an_object_that_cannot_be_taken_in_is_reported_and_hides_no_other() -> None:
    env = a_shop()
    for odd in ({"metadata": {"uid": "x", "resourceVersion": "7"}}, {"metadata": 7}, {}, a_job_body(uid="")):
        env.stores.jobs.take("ADDED", odd)
    env.stores.jobs.take("ADDED", a_job_body())
    assert [job.name for job in env.stores.jobs] == ["j"]
    assert [plural for plural, _, _ in env.not_taken] == ["queuedjobs"] * 4


async def test_a_pod_that_a_get_found_and_that_cannot_be_taken_in_is_reported() -> None:
    env = a_shop()
    env.stores.pods.found({"metadata": 7})
    assert [plural for plural, _, _ in env.not_taken] == ["pods"]


async def test_deletions_in_one_namespace_leave_the_deleted_jobs_of_another_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A late event would bring the job back."""
    jobs = a_shop().stores.jobs
    monkeypatch.setattr(jobs._buried, "_room", 10)
    jobs.take("DELETED", a_job_body())
    for number in range(50):
        body = a_job_body(uid=f"u{number}")
        jobs.take("DELETED", {**body, "metadata": {**body["metadata"], "namespace": "busy"}})
    jobs.take("MODIFIED", a_job_body())
    assert len(jobs) == 0


async def test_a_second_deletion_of_a_job_reconciles_nothing() -> None:
    env = a_shop()
    for _ in range(2):
        env.stores.jobs.take("DELETED", a_job_body())
    assert env.keys.added == [JOB_KEY]


async def test_an_event_with_an_older_version_of_a_job_is_ignored() -> None:
    env = a_shop()
    env.stores.jobs.see(a_job_body(version=10))
    env.keys.added.clear()
    env.stores.jobs.take("MODIFIED", a_job_body(version=9))
    assert [job.resource_version for job in env.stores.jobs] == [10]
    assert env.keys.added == []


async def test_a_late_event_does_not_bring_a_deleted_job_back() -> None:
    env = a_shop()
    env.stores.jobs.take("DELETED", a_job_body(version=11))
    env.stores.jobs.take("MODIFIED", a_job_body(version=12))
    assert "j-uid" not in env.stores.jobs
    assert env.keys.added == [JOB_KEY]


async def test_a_job_that_a_list_misses_is_removed_unless_it_is_newer_than_the_list() -> None:
    env = a_shop()
    env.stores.jobs.see(a_job_body(version=10))
    env.stores.jobs.see(a_job_body("k", uid="k-uid", version=30))
    env.keys.added.clear()
    env.stores.jobs.missed(set(), 20)
    assert [job.name for job in env.stores.jobs] == ["k"]
    assert env.keys.added == [JOB_KEY]


async def test_a_list_of_one_namespace_removes_no_object_of_another() -> None:
    env = a_shop()
    env.stores.jobs.see(a_job_body())
    env.seeing(a_pod_body())
    env.stores.jobs.missed(set(), 999, "elsewhere")
    env.stores.pods.missed(set(), 999, "elsewhere")
    assert "j-uid" in env.stores.jobs
    assert not env.pod(UID).missing_from_watch


# --- pods


async def test_a_pod_that_a_watch_event_reports_deleted_is_missing_and_not_gone() -> None:
    env = a_shop()
    env.stores.pods.take("ADDED", a_pod_body(version=100))
    env.stores.pods.take("DELETED", a_pod_body(version=101))
    assert (env.pod(UID).missing_from_watch, env.pod(UID).confirmed_gone) == (True, False)
    assert env.keys.added == [JOB_KEY, JOB_KEY]


async def test_a_pod_whose_deletion_our_own_delete_has_answered_is_missing_all_the_same() -> None:
    env = a_shop()
    deleted = a_pod_body(version=101)
    env.stores.pods.see(deleted)
    env.stores.pods.take("DELETED", deleted)
    assert env.pod(UID).missing_from_watch


async def test_a_pod_that_a_list_misses_is_missing_unless_it_is_newer_than_the_list() -> None:
    env = a_shop()
    env.seeing(a_pod_body(version=100), a_pod_body("j-abcdefghij-2", version=300))
    env.stores.pods.missed(set(), 200)
    assert env.pod(UID).missing_from_watch
    assert not env.pod("j-abcdefghij-2-uid").missing_from_watch
    assert env.keys.added == [JOB_KEY]


async def test_an_event_with_an_older_version_of_a_pod_is_ignored() -> None:
    env = a_shop()
    env.seeing(ended(a_pod_body(version=100)))
    env.stores.pods.take("MODIFIED", a_pod_body(version=99))
    assert env.pod(UID).ended
    assert env.keys.added == []


async def test_a_read_of_the_same_version_of_a_pod_replaces_the_stored_one() -> None:
    env = a_shop()
    env.stores.pods.take("DELETED", a_pod_body(version=100))
    env.stores.pods.refresh(pod_from(a_pod_body(version=100, labels={})))
    assert (env.pod(UID).missing_from_watch, env.pod(UID).labelled) == (False, False)


async def test_a_read_of_an_older_version_of_a_pod_is_ignored() -> None:
    env = a_shop()
    env.seeing(ended(a_pod_body(version=100)))
    env.stores.pods.refresh(pod_from(a_pod_body(version=99)))
    assert env.pod(UID).ended


@pytest.mark.parametrize("deleted_first", [False, True])
async def test_a_released_pod_stays_released_when_its_last_event_shows_the_finalizer(*, deleted_first: bool) -> None:
    """When a deleted pod loses its last finalizer, the answer has the old version, and the event the old finalizers."""
    env = a_shop()
    env.seeing(ended(a_pod_body(version=100)))
    if deleted_first:
        env.stores.pods.take("DELETED", ended(a_pod_body(version=101)))
    env.stores.pods.put(pod_from(ended(a_pod_body(version=100, finalizers=[]))))
    env.stores.pods.finalizer_removed(UID)
    env.stores.pods.take("DELETED", ended(a_pod_body(version=101)))
    assert (env.pod(UID).has_finalizer, env.pod(UID).finalizer_index, env.pod(UID).missing_from_watch) == (
        False,
        None,
        True,
    )


async def test_an_event_of_a_pod_wakes_its_job_and_a_later_job_of_the_same_name() -> None:
    env = a_shop()
    env.stores.jobs.see(a_job_body(uid="new-uid"))
    env.keys.added.clear()
    env.stores.pods.take("MODIFIED", ended(a_pod_body()))
    assert sorted(env.keys.added) == [JOB_KEY, "queuedjobs/default/new-uid"]


async def test_a_pod_that_names_no_owner_is_queued_under_its_own_key() -> None:
    env = a_shop()
    env.stores.pods.take("ADDED", a_pod_body(ownerReferences=[], labels={names.JOB_LABEL: "j"}))
    assert env.keys.added == [f"pods/default/{UID}"]


async def test_when_a_deletion_was_first_requested_is_kept_over_the_last_delete_of_the_kubelet() -> None:
    """It rewrites deletionTimestamp, minutes later where a node was away (failure catalogue J21)."""
    env = a_shop()
    first, last = (
        {"deletionTimestamp": f"2026-03-01T12:{minute}:00Z", "deletionGracePeriodSeconds": grace}
        for minute, grace in (("05", 60), ("30", 0))
    )
    env.stores.pods.take("MODIFIED", with_metadata(a_pod_body(version=101), first))
    env.stores.pods.take("MODIFIED", with_metadata(ended(a_pod_body(version=102)), last))
    (pod,) = env.stores.pods
    assert pod.deletion_noted == datetime(2026, 3, 1, 12, 4, tzinfo=UTC)
    env.stores.pods.found(with_metadata(ended(a_pod_body(version=103)), last))
    (pod,) = env.stores.pods
    assert pod.deletion_noted == datetime(2026, 3, 1, 12, 4, tzinfo=UTC)


def with_metadata(body: Body, metadata: Body) -> Body:
    return {**body, "metadata": {**body["metadata"], **metadata}}


# --- dead letters


async def test_an_added_dead_letter_is_queued_and_wakes_its_job() -> None:
    env = a_shop()
    env.stores.letters.take("ADDED", a_letter_body())
    assert env.keys.added == ["deadletters/default/j-abcdefghij-uid", JOB_KEY]


async def test_a_deleted_dead_letter_is_removed_and_wakes_its_job() -> None:
    env = a_shop()
    env.stores.letters.see(a_letter_body())
    env.keys.added.clear()
    env.stores.letters.take("DELETED", a_letter_body(version=51))
    assert len(env.stores.letters) == 0
    assert env.keys.added == [JOB_KEY]


async def test_a_dead_letter_that_a_list_misses_is_removed_and_wakes_its_job() -> None:
    env = a_shop()
    env.stores.letters.see(a_letter_body())
    env.keys.added.clear()
    env.stores.letters.missed(set(), 60)
    assert len(env.stores.letters) == 0
    assert env.keys.added == [JOB_KEY]


# --- pods that lost their owner reference and labels

FOREIGN: Body = {
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}]
}
STRIPPED: Body = {"ownerReferences": [], "labels": {}}
FIRST = pod_name("j", "j-uid", 0, 1)


async def test_a_stored_pod_keeps_its_owner_when_owner_reference_and_labels_are_removed() -> None:
    env = a_shop()
    env.seeing(a_pod_body())
    env.stores.pods.take("MODIFIED", a_pod_body(version=101, **STRIPPED))
    assert (env.pod(UID).owner_uid, env.pod(UID).owner_name) == ("j-uid", "j")
    assert env.keys.added == [JOB_KEY]


@pytest.mark.parametrize(
    ("fields", "owner"),
    [
        pytest.param({}, "j-uid", id="our finalizer"),
        pytest.param({"namespace": "elsewhere"}, "", id="the name in another namespace"),
    ],
)
async def test_a_new_pod_without_owner_and_labels_gets_its_owner_from_its_name_if_it_is_ours(
    fields: Body, owner: str
) -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    env.stores.pods.refresh(pod_from(a_pod_body(FIRST, **STRIPPED, **fields)))
    assert env.pod(f"{FIRST}-uid").owner_uid == owner


async def test_a_stored_pod_keeps_its_jobs_name_when_only_the_job_uid_is_left() -> None:
    """Otherwise the end of the pod would not wake a later job of the same name."""
    env = a_shop()
    (before,) = env.seeing(a_pod_body())
    labels = {names.JOB_UID_LABEL: before.owner_uid}
    env.stores.pods.refresh(pod_from(a_pod_body(version=101, ownerReferences=[], labels=labels)))
    assert (env.pod(before.uid).owner_uid, env.pod(before.uid).owner_name) == (before.owner_uid, before.owner_name)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"finalizers": [], "annotations": {names.SPEC_HASH_ANNOTATION: "x"}}, id="our annotation"),
        pytest.param({"ownerReferences": [], "finalizers": []}, id="our labels"),
        pytest.param({**FOREIGN, "finalizers": []}, id="our labels on another controller's pod"),
    ],
)
async def test_a_new_pod_that_has_no_job_and_is_not_held_is_not_kept(fields: Body) -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    body = a_pod_body(FIRST, **{"ownerReferences": [], **fields})
    env.stores.pods.take("ADDED", body)
    env.stores.pods.refresh(pod_from(body))
    assert len(env.stores.pods) == 0
    assert env.keys.added == []


async def test_a_held_pod_of_another_controller_gets_no_job_from_its_name() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    env.stores.pods.take("ADDED", a_pod_body(FIRST, **FOREIGN))
    assert env.pod(f"{FIRST}-uid").owner_uid == ""
    assert env.keys.added == [f"pods/default/{FIRST}-uid"]


async def test_a_stored_pod_stays_its_jobs_when_another_controller_or_job_is_written_onto_it() -> None:
    env = a_shop()
    env.seeing(a_pod_body())
    other = [{"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "k", "uid": "k-uid", "controller": True}]
    env.stores.pods.take("MODIFIED", a_pod_body(version=101, **FOREIGN))
    assert (env.pod(UID).owner_uid, env.pod(UID).foreign) == ("j-uid", True)
    env.stores.pods.take("MODIFIED", a_pod_body(version=102, ownerReferences=other))
    assert (env.pod(UID).owner_uid, env.pod(UID).owner_name) == ("j-uid", "j")


async def test_a_pod_that_names_a_job_of_another_namespace_wakes_only_its_own_namespace() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    env.stores.pods.take("ADDED", a_pod_body(FIRST, namespace="elsewhere"))
    assert env.keys.added == ["queuedjobs/elsewhere/j-uid"]
    assert env.stores.pods.by("owner", JobId("default", "j-uid")) == ()


async def test_the_name_of_a_held_pod_outranks_the_owner_reference_which_clients_may_change() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    other = {"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "k", "uid": "k-uid", "controller": True}
    env.stores.pods.take("ADDED", a_pod_body(FIRST, ownerReferences=[other]))
    assert (env.pod(f"{FIRST}-uid").owner_uid, env.pod(f"{FIRST}-uid").owner_name) == ("j-uid", "j")


async def test_a_job_claims_a_pod_that_came_in_before_it_with_a_changed_owner_reference() -> None:
    env = a_shop()
    other = {"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "k", "uid": "k-uid", "controller": True}
    env.stores.pods.take("ADDED", a_pod_body(FIRST, ownerReferences=[other]))
    env.seeing_job(a_job_body())
    assert [pod.name for pod in env.stores.pods.by("owner", JobId("default", "j-uid"))] == [FIRST]


async def test_a_job_gives_up_a_pod_when_the_job_of_the_pods_name_comes_in() -> None:
    """Otherwise it releases the pod as a stray, and the end of another job's attempt is lost."""
    env = a_shop()
    other = {"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "k", "uid": "k-uid", "controller": True}
    env.seeing_job(a_job_body(name="k", uid="k-uid"))
    env.stores.pods.take("ADDED", a_pod_body(FIRST, ownerReferences=[other]))
    assert [pod.name for pod in env.stores.pods.by("owner", JobId("default", "k-uid"))] == [FIRST]
    env.seeing_job(a_job_body())
    assert env.stores.pods.by("owner", JobId("default", "k-uid")) == ()
    assert [pod.name for pod in env.stores.pods.by("owner", JobId("default", "j-uid"))] == [FIRST]


async def test_a_job_whose_next_run_is_seen_claims_the_pods_that_came_in_before_it() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    name = pod_name("j", "j-uid", 3, 1)
    other = {"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "k", "uid": "k-uid", "controller": True}
    env.stores.pods.take("ADDED", a_pod_body(name, ownerReferences=[other]))
    env.seeing_job({**a_job_body(version=101), "status": {"counters": {"redrives": 2}}})
    assert [pod.name for pod in env.stores.pods.by("owner", JobId("default", "j-uid"))] == [name]


async def test_a_pod_is_found_by_its_name_only_in_the_namespace_of_its_job() -> None:
    env = a_shop()
    env.stores.pods.take("ADDED", a_pod_body(FIRST, namespace="elsewhere", ownerReferences=[]))
    hash_in_name = env.pod(f"{FIRST}-uid").name_hash
    assert env.stores.pods.by("hash", ("default", hash_in_name)) == ()
    env.seeing_job(a_job_body())
    assert env.stores.jobs.by("run+0", ("elsewhere", hash_in_name)) == ()


async def test_the_name_in_an_owner_reference_yields_to_the_name_of_the_stored_job() -> None:
    env = a_shop()
    env.seeing_job(a_job_body())
    body = a_pod_body()
    body["metadata"]["ownerReferences"][0]["name"] = "../../victim/queuedjobs/j"
    env.stores.pods.take("ADDED", body)
    assert env.pod(UID).owner_name == "j"


async def test_a_dead_letter_that_names_a_job_of_another_namespace_is_no_letter_of_that_job() -> None:
    env = a_shop()
    letter = a_letter_body()
    env.stores.letters.take("ADDED", {**letter, "metadata": {**letter["metadata"], "namespace": "elsewhere"}})
    assert env.stores.letters.by("job", JobId("default", "j-uid")) == ()
    assert "queuedjobs/default/j-uid" not in env.keys.added


async def test_the_job_of_a_pod_is_found_by_its_name_at_a_cost_that_does_not_grow_with_the_jobs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten thousand jobs may begin alike: no job is read to find the one that a pod's name was made for."""
    env = a_shop()
    for number in range(50):
        env.stores.jobs.see(a_job_body(f"{'l' * 50}{number}", uid=f"{number}-uid"))
    reads: list[object] = []
    monkeypatch.setattr(StoredJob, "read", reads.append)
    hashes: list[int] = []
    monkeypatch.setattr("queuedjob.kube.objects.queuedjobs.name_hash", lambda *_: hashes.append(1))
    name = pod_name("l" * 50, "49-uid", 0, 1)
    env.stores.pods.take("ADDED", a_pod_body(name, **STRIPPED))
    assert env.pod(f"{name}-uid").owner_name == f"{'l' * 50}49"
    assert (reads, hashes) == ([], [])


async def test_a_late_deleted_event_of_a_job_that_is_known_to_be_gone_asks_for_nothing() -> None:
    env = a_shop()
    env.stores.jobs.take("DELETED", a_job_body(version=11))
    env.stores.jobs.take("DELETED", a_job_body(version=12))
    assert env.keys.added == [JOB_KEY]


async def test_the_name_of_a_pod_identifies_its_job_in_the_runs_around_the_present_one() -> None:
    env = a_shop()
    body = a_job_body()
    env.seeing_job({**body, "status": {"phase": "Waiting", "counters": {"redrives": 20}}})
    for run in (19, 20, 21):
        name = pod_name("j", "j-uid", run, 1)
        env.stores.pods.refresh(pod_from(a_pod_body(name, **STRIPPED)))
        assert env.pod(f"{name}-uid").owner_uid == "j-uid"


@pytest.mark.parametrize("job", ["a.dotted.name", "l" * 70])
async def test_the_name_of_a_pod_identifies_a_job_whose_long_or_dotted_name_it_shortens(job: str) -> None:
    env = a_shop()
    body = a_job_body()
    env.seeing_job({**body, "metadata": {**body["metadata"], "name": job}})
    name = pod_name(job, "j-uid", 0, 1)
    env.stores.pods.refresh(pod_from(a_pod_body(name, **STRIPPED)))
    assert env.pod(f"{name}-uid").owner_name == job
