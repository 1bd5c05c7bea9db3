"""The controller of jobs, when the API server knows more than the store, or when answers are lost."""

import pytest

from queuedjob.api import names
from queuedjob.api.identity import letter_name, pod_name
from queuedjob.controllers.job.keys import job_key
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import Refused
from queuedjob.policy.facts import JobId
from queuedjob.ports import Body, NoAnswer, Response
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_letter_body, a_pod_body, ended
from tests.unit.controllers.controller_env import BOUND, ControllerEnv
from tests.unit.kube.client.scripted import failure

J = JobId("default", "j-uid")
JOB = paths.job("default", "j")
LETTERS = paths.letters("default")
FIRST = pod_name("j", "j-uid", 0, 1)
LETTER = letter_name("j", "j-uid", 0)


def a_shop(job: Body | None = None, *pods: Body) -> ControllerEnv:
    """A store and an API server with the same job and pods. Without `job`, the job is a fresh one."""
    job = job or a_job_body()
    server = ApiServer((JOB, job), *((f"{PODS}/{pod['metadata']['name']}", pod) for pod in pods))
    env = ControllerEnv(server)
    env.seeing_job(job)
    env.seeing(*pods)
    return env


def changed(job: Body, *, spec: Body | None = None, **metadata: object) -> Body:
    """A later version of the job."""
    newer = {**job["metadata"], "resourceVersion": "20", "generation": 2, **metadata}
    return {**job, "metadata": newer, "spec": {**job["spec"], **(spec or {})}}


def saying(status: Body, job: Body | None = None) -> Body:
    return {**(job or a_job_body()), "status": {"phase": "Waiting", "reason": "Retrying", **status}}


def requests(env: ControllerEnv) -> list[tuple[str, str]]:
    return [(r.method, r.path.rsplit("/default/", 1)[1]) for r in env.server.asked]


def status(env: ControllerEnv) -> Body:
    found: Body = env.server.objects[JOB]["status"]
    return found


# --- an attempt


async def test_a_pod_is_created_only_after_a_live_read_of_its_job() -> None:
    env = a_shop()
    await env.controller.reconcile("default", "j-uid")
    assert requests(env) == [("GET", "queuedjobs/j"), ("POST", "pods")]
    made = env.server.asked[-1]
    assert dict(made.query) == {"fieldValidation": "Strict", "timeout": "15000ms"}
    assert env.stores.pods.get(f"{FIRST}-uid") is not None
    assert env.keys.added == [], "its own answers ask for another plan"


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(changed(a_job_body(), deletionTimestamp="2026-03-01T12:00:10Z"), id="on its way out"),
        pytest.param(changed(a_job_body(), spec={"cancel": True}), id="cancelled"),
        pytest.param(changed(a_job_body(), spec={"suspend": True}), id="suspended"),
        pytest.param(changed(a_job_body(), spec={"notBeforeTime": "2030-01-01T00:00:00Z"}), id="not before later"),
        pytest.param(changed(saying({"phase": "Succeeded"})), id="ended"),
        pytest.param(changed(saying({"counters": {"redrives": 1}})), id="in another run"),
        pytest.param(changed(saying({"counters": {"pods": 1}})), id="at another number"),
        pytest.param(changed(a_job_body(), uid="another"), id="another of its name"),
    ],
)
async def test_a_change_that_only_the_live_read_shows_prevents_the_pod(now: Body) -> None:
    env = a_shop()
    env.server.objects[JOB] = now
    await env.controller.reconcile("default", "j-uid")
    assert f"{PODS}/{FIRST}" not in env.server.objects


async def test_a_job_that_the_live_read_does_not_find_gets_no_pod_and_is_forgotten() -> None:
    env = a_shop()
    del env.server.objects[JOB]
    await env.controller.reconcile("default", "j-uid")
    assert env.server.methods() == ["GET"]
    assert "j-uid" not in env.stores.jobs


async def test_an_existing_pod_of_the_job_under_the_attempts_name_is_adopted() -> None:
    env = a_shop()
    env.server.objects[f"{PODS}/{FIRST}"] = a_pod_body(FIRST)
    await env.controller.reconcile("default", "j-uid")
    assert requests(env)[1:3] == [("POST", "pods"), ("GET", f"pods/{FIRST}")]
    assert f"{FIRST}-uid" in env.stores.pods
    assert env.keys.failed == []


async def test_an_existing_pod_without_owner_and_labels_is_adopted_by_its_finalizer() -> None:
    env = a_shop()
    env.server.objects[f"{PODS}/{FIRST}"] = a_pod_body(FIRST, ownerReferences=[], labels={})
    await env.controller.reconcile("default", "j-uid")
    assert env.memory.pod_refusals.of(J) is None
    assert env.pod(f"{FIRST}-uid").labelled


@pytest.mark.parametrize("owner", ["foreign-uid", ""])
async def test_a_foreign_pod_under_the_attempts_name_makes_the_job_wait(owner: str) -> None:
    env = a_shop()
    labels = {names.JOB_UID_LABEL: owner} if owner else {}
    foreign = a_pod_body(FIRST, ownerReferences=[], labels=labels, finalizers=[])
    env.server.objects[f"{PODS}/{FIRST}"] = foreign
    await env.controller.reconcile("default", "j-uid")
    refusal = env.memory.pod_refusals.of(J)
    assert refusal is not None
    assert refusal.reason == "PodNameTaken"
    assert len(env.stores.pods) == 0


@pytest.mark.parametrize("said", [NoAnswer("reset"), failure(504, "Timeout", "request did not complete")])
async def test_a_post_without_a_clear_answer_keeps_the_pod_name_occupied(said: NoAnswer) -> None:
    env = a_shop()
    env.server.fails = {"POST": [said]}
    await env.controller.reconcile("default", "j-uid")
    assert env.late.of(J).lost == {FIRST}


async def test_a_refused_post_leaves_the_pod_name_free() -> None:
    env = a_shop()
    env.server.fails = {"POST": [failure(403, "Forbidden", 'pods "p" is forbidden: exceeded quota: q')]}
    await env.controller.reconcile("default", "j-uid")
    assert env.late.of(J).lost == frozenset()
    assert env.keys.later == {"queuedjobs/default/j-uid": pytest.approx(0.5)}


async def test_a_job_in_a_namespace_created_anew_runs_though_the_api_server_still_calls_it_terminating() -> None:
    env = a_shop()
    env.server.fails = {"POST": [failure(404, "NotFound", 'namespaces "default" not found', name="default")]}
    await env.controller.reconcile("default", "j-uid")
    (wait,) = env.keys.later.values()
    await env.clock.sleep(wait)
    await env.controller.reconcile("default", "j-uid")
    assert f"{PODS}/{FIRST}" in env.server.objects


async def test_a_cancelled_job_with_a_lost_post_ends_after_a_get_past_the_bound_finds_no_pod() -> None:
    env = a_shop()
    env.server.fails = {"POST": [NoAnswer("reset")]}
    controller = env.controller
    await controller.reconcile("default", "j-uid")
    cancelled = changed(a_job_body(), spec={"cancel": True})
    env.server.objects[JOB] = cancelled
    env.seeing_job(cancelled)
    await controller.reconcile("default", "j-uid")
    assert status(env)["phase"] == "Pending"
    await env.clock.sleep(BOUND)
    env.server.asked.clear()
    await controller.reconcile("default", "j-uid")
    assert requests(env)[:2] == [("GET", f"pods/{FIRST}"), ("PUT", "queuedjobs/j/status")]
    assert status(env)["phase"] == "Cancelled"


async def test_a_cancelled_job_stops_the_pod_that_a_lost_post_created() -> None:
    env = a_shop()
    env.server.loses = {"POST"}
    controller = env.controller
    await controller.reconcile("default", "j-uid")
    cancelled = changed(a_job_body(), spec={"cancel": True})
    env.server.objects[JOB] = cancelled
    env.seeing_job(cancelled)
    await env.clock.sleep(BOUND)
    await controller.reconcile("default", "j-uid")
    pod = env.server.objects[f"{PODS}/{FIRST}"]["metadata"]
    assert pod["annotations"][names.STOP_REASON_ANNOTATION] == "cancelled"
    assert "deletionTimestamp" in pod


async def test_a_pod_of_an_earlier_job_of_the_same_name_delays_a_job() -> None:
    env = a_shop(a_job_body(uid="new-uid"), a_pod_body())
    await env.controller.reconcile("default", "new-uid")
    assert "POST" not in env.server.methods()


async def test_a_lost_post_of_an_earlier_job_of_the_same_name_delays_a_job() -> None:
    env = a_shop(a_job_body(uid="new-uid"))
    env.late.lost(J, ("default", "j"), FIRST)
    await env.controller.reconcile("default", "new-uid")
    assert "POST" not in env.server.methods()
    assert "queuedjobs/default/new-uid" in env.keys.later


@pytest.mark.parametrize(("named", "rule"), [("other", "exit-data"), ("gone", "exit-usage")])
async def test_the_container_that_main_container_names_decides_the_rule_and_without_it_the_first(
    named: str, rule: str
) -> None:
    pod = a_pod_body(FIRST)
    terminated = {name: {"exitCode": code} for name, code in (("main", 64), ("other", 65))}
    statuses = [{"name": name, "state": {"terminated": end}} for name, end in terminated.items()]
    pod = {**pod, "status": {"phase": "Failed", "containerStatuses": statuses}}
    env = a_shop(a_job_body(mainContainer=named), pod)
    await env.controller.reconcile("default", "j-uid")
    assert status(env)["attempts"][0]["rule"] == rule


async def test_an_edit_of_main_container_does_not_change_what_an_older_pod_was_built_for() -> None:
    pod = a_pod_body(FIRST, annotations={"queuedjob.dev/main-container": "main"})
    terminated = {name: {"exitCode": code} for name, code in (("main", 65), ("other", 0))}
    statuses = [{"name": name, "state": {"terminated": end}} for name, end in terminated.items()]
    pod = {**pod, "status": {"phase": "Failed", "containerStatuses": statuses}}
    env = a_shop(a_job_body(mainContainer="other"), pod)
    await env.controller.reconcile("default", "j-uid")
    assert status(env)["attempts"][0]["rule"] == "exit-data"


async def test_an_ended_pod_that_still_seems_to_run_is_settled_ten_seconds_after_it_was_seen_so() -> None:
    pod = a_pod_body(FIRST)
    running = {"name": "main", "state": {"running": {"startedAt": "2026-03-01T12:00:00Z"}}}
    pod = {**pod, "status": {"phase": "Failed", "reason": "DeadlineExceeded", "containerStatuses": [running]}}
    env = a_shop(a_job_body(), pod)
    await env.controller.reconcile("default", "j-uid")
    assert "PUT" not in env.server.methods()
    await env.clock.sleep(9.0)
    await env.controller.reconcile("default", "j-uid")
    assert "PUT" not in env.server.methods()
    await env.clock.sleep(3.0)
    await env.controller.reconcile("default", "j-uid")
    assert status(env)["attempts"][0]["class"] == "Timeout"


# --- the status


async def test_the_status_is_written_before_the_pod_is_released_and_nothing_is_read() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST), "Succeeded"))
    await env.controller.reconcile("default", "j-uid")
    assert requests(env) == [("PUT", "queuedjobs/j/status"), ("PATCH", f"pods/{FIRST}")]
    assert status(env)["phase"] == "Succeeded"


async def test_a_status_put_names_uid_and_resource_version_and_keeps_unknown_fields() -> None:
    env = a_shop(saying({"checkpoint": {"at": 800}}), ended(a_pod_body(FIRST), "Succeeded"))
    await env.controller.reconcile("default", "j-uid")
    _, put = env.server.writes()[0]
    assert put["metadata"] == {"name": "j", "namespace": "default", "uid": "j-uid", "resourceVersion": "10"}
    assert "spec" not in put
    assert status(env)["checkpoint"] == {"at": 800}


async def test_a_conflict_makes_the_controller_read_and_plan_the_job_again() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST)))
    env.server.objects[JOB] = changed(a_job_body(), spec={"cancel": True})
    await env.controller.reconcile("default", "j-uid")
    assert [method for method, _ in requests(env)][:3] == ["PUT", "GET", "PUT"]
    assert status(env)["phase"] == "Cancelled"


async def test_an_attempt_counts_once_when_the_answer_to_its_status_write_was_lost() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST)))
    env.server.loses = {"PUT"}
    controller = env.controller
    with pytest.raises(NoAnswer):
        await controller.reconcile("default", "j-uid")
    await controller.reconcile("default", "j-uid")
    assert status(env)["counters"]["pods"] == 1
    assert len(status(env)["attempts"]) == 1
    assert env.server.objects[f"{PODS}/{FIRST}"]["metadata"]["finalizers"] == []


async def test_a_job_that_its_status_write_does_not_find_is_forgotten() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST)))
    del env.server.objects[JOB]
    await env.controller.reconcile("default", "j-uid")
    assert "j-uid" not in env.stores.jobs


async def test_a_failed_attempt_posts_an_event_about_its_job() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST)))
    await env.controller.reconcile("default", "j-uid")
    await env.post_events()
    (event,) = (body for path, body in env.server.objects.items() if "/events/" in path)
    assert (event["reason"], event["type"], event["regarding"]["uid"]) == ("AttemptFailed", "Warning", "j-uid")


async def test_a_status_write_and_a_release_wait_for_no_event() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST)))
    await env.controller.reconcile("default", "j-uid")
    assert status(env)["counters"]["pods"] == 1
    assert env.server.objects[f"{PODS}/{FIRST}"]["metadata"]["finalizers"] == []
    assert (len(env.events), [r for r in env.server.asked if "/events" in r.path]) == (1, [])


# --- dead letters

DEAD = saying({"phase": "DeadLettered", "reason": "MaxAttempts", "deadLetterRef": {"name": LETTER}})


async def test_a_dead_letter_is_filed_and_its_uid_is_written_to_the_status() -> None:
    env = a_shop(DEAD)
    await env.controller.reconcile("default", "j-uid")
    assert requests(env) == [("GET", "queuedjobs/j"), ("POST", "deadletters"), ("PUT", "queuedjobs/j/status")]
    assert status(env)["deadLetterRef"] == {"name": LETTER, "uid": f"{LETTER}-uid"}


async def test_a_dead_letter_that_was_filed_before_a_crash_is_adopted() -> None:
    env = a_shop(DEAD)
    env.server.objects[f"{LETTERS}/{LETTER}"] = a_letter_body(LETTER)
    await env.controller.reconcile("default", "j-uid")
    assert status(env)["deadLetterRef"] == {"name": LETTER, "uid": f"{LETTER}-uid"}


@pytest.mark.parametrize("ref", [{"uid": "foreign"}, {"uid": "j-uid", "redrives": 7}])
async def test_a_dead_letter_of_another_death_stays_and_the_new_one_gets_another_name(ref: Body) -> None:
    env = a_shop(DEAD)
    foreign = {**a_letter_body(LETTER), "spec": {"jobRef": {"name": "j", **ref}}}
    env.server.objects[f"{LETTERS}/{LETTER}"] = foreign
    await env.controller.reconcile("default", "j-uid")
    assert env.server.objects[f"{LETTERS}/{LETTER}"] == foreign
    assert status(env)["deadLetterRef"] == {"name": f"{LETTER}-2", "uid": f"{LETTER}-2-uid"}


async def test_a_refused_dead_letter_is_tried_again_and_does_not_keep_the_pods() -> None:
    settled = {"number": 1, "podName": FIRST, "podUID": f"{FIRST}-uid", "finishTime": "2026-03-01T12:00:10Z"}
    dead = saying({"attempts": [settled], "counters": {"pods": 1}, **DEAD["status"]})
    env = a_shop(dead, ended(a_pod_body(FIRST)))
    env.server.fails = {"POST": [failure(403, "Forbidden", "exceeded quota")]}
    await env.controller.reconcile("default", "j-uid")
    refusal = env.memory.letter_refusals.of(J)
    assert refusal is not None
    assert (refusal.reason, refusal.message) == ("LetterRefused", "exceeded quota")
    assert env.keys.later == {"queuedjobs/default/j-uid": pytest.approx(0.5)}
    assert env.server.objects[f"{PODS}/{FIRST}"]["metadata"]["finalizers"] == []


async def test_a_status_write_that_stays_refused_posts_one_event() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST)))
    controller = env.controller
    env.server.fails = {
        "PUT": [
            failure(403, "Forbidden", "cannot update resource"),
            failure(403, "Forbidden", "cannot update resource"),
        ]
    }
    for _ in range(2):
        with pytest.raises(Refused):
            await controller.reconcile("default", "j-uid")
    await env.post_events()
    (event,) = (body for path, body in env.server.objects.items() if "/events/" in path)
    assert (event["reason"], event["note"]) == ("WriteRefused", "cannot update resource")


BROKEN = {"counters": "many"}


@pytest.mark.parametrize(
    ("job", "what"),
    [
        pytest.param(saying(BROKEN), "status: counters", id="a status"),
        pytest.param(a_job_body(retry={"maxAttempts": "many"}), "spec: retry.maxAttempts", id="a spec"),
    ],
)
async def test_an_unreadable_job_is_left_alone_with_its_pods_but_for_a_condition_and_one_event(
    job: Body, what: str
) -> None:
    env = a_shop(job, ended(a_pod_body(FIRST)))
    controller = env.controller
    for _ in range(2):
        await controller.reconcile("default", "j-uid")
    asked = [(r.method, r.path.rsplit("/", 1)[1]) for r in env.server.asked]
    assert asked == [("PUT", "status")]
    await env.post_events()
    (condition,) = status(env)["conditions"]
    assert (condition["type"], condition["status"]) == ("Unreadable", "True")
    assert condition["message"].startswith(f"left as it is until it can be read: {what}: ")
    assert {**status(env), "conditions": []} == {**job["status"], "conditions": []}, "nothing else has changed"
    (event,) = (body for path, body in env.server.objects.items() if "/events/" in path)
    assert event["reason"] == "Unreadable"
    assert event["note"].startswith(f"left as it is until it can be read: {what}: ")
    assert (env.keys.failed, env.keys.later) == ([], {})


async def test_a_job_whose_status_names_a_forgotten_pod_is_read_again() -> None:
    """The status is out of date, as when a cache lags at a start. Without a read, the pod would be read without end."""
    env = a_shop()
    (pod,) = env.seeing(ended(a_pod_body(FIRST)))
    env.stores.pods.forget(pod)
    entry = {"number": 1, "podName": FIRST, "podUID": pod.uid}
    env.seeing_job(changed(saying({"phase": "Running", "attempts": [entry]})))
    env.server.objects[JOB] = changed(saying({"phase": "Succeeded"}), resourceVersion="21")
    await env.controller.reconcile("default", "j-uid")
    assert requests(env) == [("GET", f"pods/{FIRST}"), ("GET", "queuedjobs/j")]


async def test_a_pod_that_vanished_while_its_job_was_unreadable_is_settled_after_the_repair() -> None:
    entry = {"number": 1, "podName": FIRST, "podUID": f"{FIRST}-uid", "startTime": "2026-03-01T12:00:05Z"}
    running: Body = {"phase": "Running", "attempts": [entry]}
    env = a_shop(saying({**running, **BROKEN}), a_pod_body(FIRST))
    controller = env.controller
    del env.server.objects[f"{PODS}/{FIRST}"]
    env.stores.pods.take("DELETED", a_pod_body(FIRST, version=101))
    await controller.reconcile("default", "j-uid")
    mended = changed(saying(running), resourceVersion="2000")
    env.server.objects[JOB] = mended
    env.stores.jobs.take("MODIFIED", mended)
    await controller.reconcile("default", "j-uid")
    assert status(env)["attempts"][0]["rule"] == "pod-gone"


async def test_a_job_that_a_live_read_shows_to_be_unreadable_gets_no_pod() -> None:
    env = a_shop()
    env.server.objects[JOB] = changed(saying(BROKEN))
    await env.controller.reconcile("default", "j-uid")
    assert requests(env)[0] == ("GET", "queuedjobs/j")
    assert f"{PODS}/{FIRST}" not in env.server.objects


# --- expiry

EXPIRED = saying(
    {"phase": "Succeeded", "reason": "Succeeded", "finishTime": "2026-03-01T11:00:00Z"},
    a_job_body(ttlAfterFinished="1m"),
)


async def test_an_expired_job_is_deleted_only_at_the_version_that_was_seen() -> None:
    env = a_shop(EXPIRED)
    await env.controller.reconcile("default", "j-uid")
    ((_, options),) = env.server.writes()
    assert options["preconditions"] == {"uid": "j-uid", "resourceVersion": "10"}
    assert JOB not in env.server.objects


async def test_an_expired_job_that_has_changed_since_is_read_and_not_deleted() -> None:
    env = a_shop(EXPIRED)
    env.server.objects[JOB] = changed(EXPIRED, spec={"ttlAfterFinished": "720h"})
    await env.controller.reconcile("default", "j-uid")
    assert JOB in env.server.objects


async def test_an_expired_job_whose_dead_letter_a_get_finds_is_kept() -> None:
    dead = {**DEAD["status"], "finishTime": "2026-03-01T11:00:00Z"}
    dead["deadLetterRef"] = {"name": LETTER, "uid": f"{LETTER}-uid"}
    env = a_shop(saying(dead, a_job_body(ttlAfterFinished="1m")))
    env.server.objects[f"{LETTERS}/{LETTER}"] = a_letter_body(LETTER)
    await env.controller.reconcile("default", "j-uid")
    assert JOB in env.server.objects


# --- repeated reconciles


async def test_a_reconcile_with_endless_conflicts_gives_up_and_is_queued_again() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST)))
    env.server.fails = {"PUT": [failure(409, "Conflict", "the object has been modified")] * 1000}
    await env.controller.reconcile("default", "j-uid")
    assert env.keys.failed == ["queuedjobs/default/j-uid"]


async def test_a_reconcile_of_a_finished_job_sends_no_request() -> None:
    env = a_shop(None, ended(a_pod_body(FIRST), "Succeeded"))
    controller = env.controller
    await controller.reconcile("default", "j-uid")
    env.server.asked.clear()
    await controller.reconcile("default", "j-uid")
    assert env.server.asked == []


async def test_a_key_of_another_namespace_neither_plans_nor_forgets_a_job() -> None:
    """Any object may name the UID of a job of another namespace, and one job must not have two keys."""
    env = a_shop()
    env.memory.told[J] = {"Unreadable": 1}
    await env.controller.reconcile("elsewhere", "j-uid")
    assert requests(env) == []
    assert env.memory.told == {J: {"Unreadable": 1}}


# --- refused writes that may fail alone

NO = failure(
    403, "Forbidden", "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'v' with binding 'b' denied request: no"
)


def an_old_pod(number: int) -> Body:
    """A pod of the first run, settled and released."""
    name = pod_name("j", "j-uid", 0, number)
    created = f"2026-03-01T11:0{number}:00Z"
    return ended(a_pod_body(name, creationTimestamp=created, finalizers=[]))


def an_entry(number: int) -> Body:
    name = pod_name("j", "j-uid", 0, number)
    return {"number": number, "podName": name, "podUID": f"{name}-uid", "finishTime": "2026-03-01T11:10:00Z"}


@pytest.mark.parametrize("no", [NO, failure(500, "InternalError", "Internal error occurred"), NoAnswer("too late")])
async def test_an_attempt_starts_though_the_deletion_of_old_pods_fails(no: Response | NoAnswer) -> None:
    job = saying({"counters": {"pods": 1}, "attempts": [an_entry(1)]}, a_job_body(podHistoryLimit=0))
    env = a_shop(job, an_old_pod(1))
    env.server.fails = {"DELETE": [no]}
    await env.controller.reconcile("default", "j-uid")
    assert ("POST", "pods") in requests(env)
    assert "DELETE" in env.server.methods()
    assert (env.keys.failed, list(env.keys.later)) == ([], [job_key(J)]), "its own pace, and not that of the job"
    (key, refusal) = next(iter(env.memory.refused_writes.of(J).items()))
    assert key == f"DeletePod/{pod_name('j', 'j-uid', 0, 1)}-uid"
    assert refusal.retry_in > 0


async def test_a_write_that_is_carried_out_is_refused_no_more() -> None:
    job = saying({"counters": {"pods": 1}, "attempts": [an_entry(1)]}, a_job_body(podHistoryLimit=0))
    env = a_shop(job, an_old_pod(1))
    env.server.fails = {"DELETE": [NO]}
    await env.controller.reconcile("default", "j-uid")
    await env.clock.sleep(5)
    await env.controller.reconcile("default", "j-uid")
    assert env.server.methods().count("DELETE") == 2
    assert env.memory.refused_writes.of(J) == {}


async def test_a_refusal_is_forgotten_with_the_pod_that_another_client_took_away() -> None:
    job = saying({"counters": {"pods": 1}, "attempts": [an_entry(1)]}, a_job_body(podHistoryLimit=0))
    env = a_shop(job, an_old_pod(1))
    env.server.fails = {"DELETE": [NO]}
    await env.controller.reconcile("default", "j-uid")
    assert len(env.memory.refused_writes) == 1
    pod = env.stores.pods.get(f"{pod_name('j', 'j-uid', 0, 1)}-uid")
    assert pod is not None
    env.stores.pods.forget(pod)
    await env.controller.reconcile("default", "j-uid")
    assert len(env.memory.refused_writes) == 0


async def test_a_stop_whose_mark_is_refused_is_written_into_the_status_and_carried_out_in_one_go() -> None:
    env = a_shop(changed(a_job_body(suspend=True)), a_pod_body(FIRST))
    env.server.fails = {"PATCH": [NO]}
    await env.controller.reconcile("default", "j-uid")
    writes = [(r.method, r.path.rsplit("/default/", 1)[1]) for r in env.server.asked if "events" not in r.path]
    assert writes[:3] == [("PATCH", f"pods/{FIRST}"), ("PUT", "queuedjobs/j/status"), ("DELETE", f"pods/{FIRST}")]
    assert status(env)["attempts"][0]["stopReason"] == "suspended"
    assert "deletionTimestamp" in env.server.objects[f"{PODS}/{FIRST}"]["metadata"]


async def test_a_pod_whose_labels_cannot_be_restored_is_read_at_each_try() -> None:
    """No watch shows this pod, so nothing else would tell of its end."""
    running = a_pod_body(FIRST, labels={})
    entry = {"number": 1, "podName": FIRST, "podUID": f"{FIRST}-uid", "nodeName": "node"}
    env = a_shop(saying({"phase": "Running", "reason": "AttemptRunning", "attempts": [entry]}), running)
    over = ended(a_pod_body(FIRST, labels={}, resourceVersion="101"), "Succeeded")
    env.server.objects[f"{PODS}/{FIRST}"] = over
    env.server.fails = {"PATCH": [NO] * 9}
    await env.controller.reconcile("default", "j-uid")
    assert status(env)["phase"] == "Succeeded"


# --- a job that cannot be read


async def test_the_condition_of_a_job_that_can_be_read_again_goes() -> None:
    conditions = [{"type": "Unreadable", "status": "True", "reason": "Unreadable", "message": "spec: no"}]
    env = a_shop(saying({"conditions": conditions, "observedGeneration": 1}, a_job_body(suspend=True)))
    await env.controller.reconcile("default", "j-uid")
    assert "Unreadable" not in {each["type"] for each in status(env)["conditions"]}


@pytest.mark.parametrize("conditions", ["many", ["one"], {"type": "Ready"}])
async def test_conditions_that_cannot_be_read_are_left_as_they_are(conditions: object) -> None:
    env = a_shop(saying({"conditions": conditions}))
    await env.controller.reconcile("default", "j-uid")
    await env.post_events()
    assert env.server.methods() == ["POST"], "the Event alone tells of it"


async def test_a_condition_that_the_api_server_refuses_of_an_unreadable_job_is_left_to_the_event() -> None:
    env = a_shop(saying(BROKEN))
    env.server.fails = {"PUT": [failure(422, "Invalid", "status.counters: Invalid value")]}
    await env.controller.reconcile("default", "j-uid")
    await env.post_events()
    assert env.server.methods() == ["PUT", "POST"]
    assert env.keys.failed == []
