"""The controller of jobs against an API server that knows more than the store, or whose answers are lost."""

import pytest

from queuedjob.api import names
from queuedjob.api.identity import letter_name, pod_name
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import Refused
from queuedjob.ports import Body, NoAnswer
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_letter_body, a_pod_body, ended
from tests.unit.controllers.controller_env import BOUND, Workshop
from tests.unit.kube.client.scripted import failure

JOB = paths.job("default", "j")
LETTERS = paths.letters("default")
FIRST = pod_name("j", "j-uid", 0, 1)
LETTER = letter_name("j", "j-uid", 0)


def a_shop(job: Body | None = None, *pods: Body) -> Workshop:
    """The store and the API server agree: on a fresh job, if none is given."""
    job = job or a_job_body()
    server = ApiServer((JOB, job), *((f"{PODS}/{pod['metadata']['name']}", pod) for pod in pods))
    shop = Workshop(server)
    shop.seeing_job(job)
    shop.seeing(*pods)
    return shop


def changed(job: Body, *, spec: Body | None = None, **metadata: object) -> Body:
    """A later version of it."""
    newer = {**job["metadata"], "resourceVersion": "20", "generation": 2, **metadata}
    return {**job, "metadata": newer, "spec": {**job["spec"], **(spec or {})}}


def saying(status: Body, job: Body | None = None) -> Body:
    return {**(job or a_job_body()), "status": {"phase": "Waiting", "reason": "Retrying", **status}}


def requests(shop: Workshop) -> list[tuple[str, str]]:
    return [(r.method, r.path.rsplit("/default/", 1)[1]) for r in shop.server.asked]


def status(shop: Workshop) -> Body:
    found: Body = shop.server.objects[JOB]["status"]
    return found


# --- an attempt


async def test_an_attempt_is_created_on_a_live_read_of_its_job() -> None:
    shop = a_shop()
    await shop.controller().reconcile("j-uid")
    assert requests(shop) == [("GET", "queuedjobs/j"), ("POST", "pods")]
    made = shop.server.asked[-1]
    assert dict(made.query) == {"fieldValidation": "Strict", "timeout": "15000ms"}
    assert shop.stores.pods.get(f"{FIRST}-uid") is not None
    assert shop.keys.added == [], "its own answers ask for another plan"


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(changed(a_job_body(), deletionTimestamp="2026-03-01T12:00:10Z"), id="on its way out"),
        pytest.param(changed(a_job_body(), spec={"cancel": True}), id="cancelled"),
        pytest.param(changed(a_job_body(), spec={"suspend": True}), id="suspended"),
        pytest.param(changed(a_job_body(), spec={"notBeforeTime": "2030-01-01T00:00:00Z"}), id="not before later"),
        pytest.param(changed(saying({"phase": "Succeeded"})), id="ended"),
        pytest.param(changed(saying({"counters": {"redrives": 1}})), id="in another life"),
        pytest.param(changed(saying({"counters": {"pods": 1}})), id="at another number"),
        pytest.param(changed(a_job_body(), uid="another"), id="another of its name"),
    ],
)
async def test_what_only_the_live_read_knows_decides(now: Body) -> None:
    shop = a_shop()
    shop.server.objects[JOB] = now
    await shop.controller().reconcile("j-uid")
    assert f"{PODS}/{FIRST}" not in shop.server.objects


async def test_a_job_that_is_gone_gets_no_pod_and_is_forgotten() -> None:
    shop = a_shop()
    del shop.server.objects[JOB]
    await shop.controller().reconcile("j-uid")
    assert shop.server.methods() == ["GET"]
    assert "j-uid" not in shop.stores.jobs


async def test_a_pod_of_that_name_that_is_ours_is_the_attempt() -> None:
    shop = a_shop()
    shop.server.objects[f"{PODS}/{FIRST}"] = a_pod_body(FIRST)
    await shop.controller().reconcile("j-uid")
    assert requests(shop)[1:3] == [("POST", "pods"), ("GET", f"pods/{FIRST}")]
    assert f"{FIRST}-uid" in shop.stores.pods
    assert shop.keys.failed == []


async def test_a_pod_of_that_name_that_lost_owner_and_labels_is_still_ours_by_its_finalizer() -> None:
    shop = a_shop()
    shop.server.objects[f"{PODS}/{FIRST}"] = a_pod_body(FIRST, ownerReferences=[], labels={})
    context = shop.context()
    await shop.controller(context).reconcile("j-uid")
    assert context.pod_refusals.of("j-uid") is None
    assert shop.pod(f"{FIRST}-uid").labelled


@pytest.mark.parametrize("owner", ["foreign-uid", ""])
async def test_a_pod_of_that_name_that_is_not_ours_is_a_wait(owner: str) -> None:
    shop = a_shop()
    labels = {names.JOB_UID_LABEL: owner} if owner else {}
    foreign = a_pod_body(FIRST, ownerReferences=[], labels=labels, finalizers=[])
    shop.server.objects[f"{PODS}/{FIRST}"] = foreign
    context = shop.context()
    await shop.controller(context).reconcile("j-uid")
    refusal = context.pod_refusals.of("j-uid")
    assert refusal is not None
    assert refusal.reason == "PodNameTaken"
    assert len(shop.stores.pods) == 0


@pytest.mark.parametrize("said", [NoAnswer("reset"), failure(504, "Timeout", "request did not complete")])
async def test_a_post_without_a_clear_answer_occupies_the_name(said: NoAnswer) -> None:
    shop = a_shop()
    shop.server.fails = {"POST": [said]}
    await shop.controller().reconcile("j-uid")
    assert shop.late.of("j-uid").lost == {FIRST}


async def test_a_refused_post_occupies_nothing() -> None:
    shop = a_shop()
    shop.server.fails = {"POST": [failure(403, "Forbidden", 'pods "p" is forbidden: exceeded quota: q')]}
    await shop.controller().reconcile("j-uid")
    assert shop.late.of("j-uid").lost == frozenset()
    assert shop.keys.later == {"job/j-uid": pytest.approx(0.5)}


async def test_after_a_lost_post_a_cancelled_job_ends_only_once_a_get_after_the_bound_found_nothing() -> None:
    shop = a_shop()
    shop.server.fails = {"POST": [NoAnswer("reset")]}
    controller = shop.controller()
    await controller.reconcile("j-uid")
    cancelled = changed(a_job_body(), spec={"cancel": True})
    shop.server.objects[JOB] = cancelled
    shop.seeing_job(cancelled)
    await controller.reconcile("j-uid")
    assert status(shop)["phase"] == "Pending"
    await shop.clock.sleep(BOUND)
    shop.server.asked.clear()
    await controller.reconcile("j-uid")
    assert requests(shop)[:2] == [("GET", f"pods/{FIRST}"), ("PUT", "queuedjobs/j/status")]
    assert status(shop)["phase"] == "Cancelled"


async def test_the_pod_of_a_lost_post_is_found_after_all() -> None:
    shop = a_shop()
    shop.server.loses = {"POST"}
    controller = shop.controller()
    await controller.reconcile("j-uid")
    cancelled = changed(a_job_body(), spec={"cancel": True})
    shop.server.objects[JOB] = cancelled
    shop.seeing_job(cancelled)
    await shop.clock.sleep(BOUND)
    await controller.reconcile("j-uid")
    pod = shop.server.objects[f"{PODS}/{FIRST}"]["metadata"]
    assert pod["annotations"][names.STOP_REASON_ANNOTATION] == "cancelled"
    assert "deletionTimestamp" in pod


async def test_a_pod_of_an_earlier_job_of_its_name_holds_it_up() -> None:
    shop = a_shop(a_job_body(uid="new-uid"), a_pod_body())
    await shop.controller().reconcile("new-uid")
    assert "POST" not in shop.server.methods()


async def test_so_does_a_lost_post_for_one() -> None:
    shop = a_shop(a_job_body(uid="new-uid"))
    shop.late.lost("j-uid", ("default", "j"), FIRST)
    await shop.controller().reconcile("new-uid")
    assert "POST" not in shop.server.methods()
    assert "job/new-uid" in shop.keys.later


async def test_the_named_main_container_decides() -> None:
    pod = a_pod_body(FIRST)
    terminated = {name: {"exitCode": code} for name, code in (("main", 0), ("other", 65))}
    statuses = [{"name": name, "state": {"terminated": end}} for name, end in terminated.items()]
    pod = {**pod, "status": {"phase": "Failed", "containerStatuses": statuses}}
    shop = a_shop(a_job_body(mainContainer="other"), pod)
    await shop.controller().reconcile("j-uid")
    assert status(shop)["attempts"][0]["rule"] == "exit-data"


# --- the status


async def test_an_end_is_written_first_and_then_the_pod_is_let_go_without_any_read() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST), "Succeeded"))
    await shop.controller().reconcile("j-uid")
    assert requests(shop) == [("PUT", "queuedjobs/j/status"), ("PATCH", f"pods/{FIRST}")]
    assert status(shop)["phase"] == "Succeeded"


async def test_the_put_names_uid_and_version_and_keeps_what_others_wrote() -> None:
    shop = a_shop(saying({"checkpoint": {"at": 800}}), ended(a_pod_body(FIRST), "Succeeded"))
    await shop.controller().reconcile("j-uid")
    _, put = shop.server.writes()[0]
    assert put["metadata"] == {"name": "j", "namespace": "default", "uid": "j-uid", "resourceVersion": "10"}
    assert "spec" not in put
    assert status(shop)["checkpoint"] == {"at": 800}


async def test_on_a_conflict_the_job_is_read_and_planned_anew() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST)))
    shop.server.objects[JOB] = changed(a_job_body(), spec={"cancel": True})
    await shop.controller().reconcile("j-uid")
    assert [method for method, _ in requests(shop)][:3] == ["PUT", "GET", "PUT"]
    assert status(shop)["phase"] == "Cancelled"


async def test_an_end_that_was_written_though_its_answer_was_lost_counts_once() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST)))
    shop.server.loses = {"PUT"}
    controller = shop.controller()
    with pytest.raises(NoAnswer):
        await controller.reconcile("j-uid")
    await controller.reconcile("j-uid")
    assert status(shop)["counters"]["pods"] == 1
    assert len(status(shop)["attempts"]) == 1
    assert shop.server.objects[f"{PODS}/{FIRST}"]["metadata"]["finalizers"] == []


async def test_a_job_that_is_gone_when_its_status_is_written_is_forgotten() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST)))
    del shop.server.objects[JOB]
    await shop.controller().reconcile("j-uid")
    assert "j-uid" not in shop.stores.jobs


async def test_a_failure_posts_an_event_about_the_job() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST)))
    await shop.controller().reconcile("j-uid")
    (event,) = (body for path, body in shop.server.objects.items() if "/events/" in path)
    assert (event["reason"], event["type"], event["regarding"]["uid"]) == ("AttemptFailed", "Warning", "j-uid")


async def test_an_event_that_is_lost_costs_nothing_else() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST)))
    shop.server.fails = {"POST": [NoAnswer("reset")]}
    await shop.controller().reconcile("j-uid")
    assert status(shop)["counters"]["pods"] == 1
    assert shop.server.objects[f"{PODS}/{FIRST}"]["metadata"]["finalizers"] == []


# --- letters

DEAD = saying({"phase": "DeadLettered", "reason": "MaxAttempts", "deadLetterRef": {"name": LETTER}})


async def test_a_letter_is_filed_and_its_uid_written_down() -> None:
    shop = a_shop(DEAD)
    await shop.controller().reconcile("j-uid")
    assert requests(shop) == [("GET", "queuedjobs/j"), ("POST", "deadletters"), ("PUT", "queuedjobs/j/status")]
    assert status(shop)["deadLetterRef"] == {"name": LETTER, "uid": f"{LETTER}-uid"}


async def test_a_letter_that_was_filed_before_a_crash_is_the_one() -> None:
    shop = a_shop(DEAD)
    shop.server.objects[f"{LETTERS}/{LETTER}"] = a_letter_body(LETTER)
    await shop.controller().reconcile("j-uid")
    assert status(shop)["deadLetterRef"] == {"name": LETTER, "uid": f"{LETTER}-uid"}


@pytest.mark.parametrize("ref", [{"uid": "foreign"}, {"uid": "j-uid", "redrives": 7}])
async def test_another_deaths_letter_of_that_name_is_left_alone(ref: Body) -> None:
    shop = a_shop(DEAD)
    foreign = {**a_letter_body(LETTER), "spec": {"jobRef": {"name": "j", **ref}}}
    shop.server.objects[f"{LETTERS}/{LETTER}"] = foreign
    await shop.controller().reconcile("j-uid")
    assert shop.server.objects[f"{LETTERS}/{LETTER}"] == foreign
    assert status(shop)["deadLetterRef"] == {"name": f"{LETTER}-2", "uid": f"{LETTER}-2-uid"}


async def test_a_refused_letter_is_owed_and_its_pods_are_let_go_all_the_same() -> None:
    settled = {"number": 1, "podName": FIRST, "podUID": f"{FIRST}-uid", "finishTime": "2026-03-01T12:00:10Z"}
    dead = saying({"attempts": [settled], "counters": {"pods": 1}, **DEAD["status"]})
    shop = a_shop(dead, ended(a_pod_body(FIRST)))
    shop.server.fails = {"POST": [failure(403, "Forbidden", "exceeded quota")]}
    context = shop.context()
    await shop.controller(context).reconcile("j-uid")
    refusal = context.letter_refusals.of("j-uid")
    assert refusal is not None
    assert (refusal.reason, refusal.message) == ("LetterRefused", "exceeded quota")
    assert shop.keys.later == {"job/j-uid": pytest.approx(0.5)}
    assert shop.server.objects[f"{PODS}/{FIRST}"]["metadata"]["finalizers"] == []


async def test_a_write_that_stays_refused_is_told_of_once() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST)))
    controller = shop.controller()
    shop.server.fails = {
        "PUT": [
            failure(403, "Forbidden", "cannot update resource"),
            failure(403, "Forbidden", "cannot update resource"),
        ]
    }
    for _ in range(2):
        with pytest.raises(Refused):
            await controller.reconcile("j-uid")
    (event,) = (body for path, body in shop.server.objects.items() if "/events/" in path)
    assert (event["reason"], event["note"]) == ("WriteRefused", "cannot update resource")


BROKEN = {"counters": "many"}


@pytest.mark.parametrize(
    ("job", "what"),
    [
        pytest.param(saying(BROKEN), "status: counters", id="a status"),
        pytest.param(a_job_body(retry={"maxAttempts": "many"}), "spec: retry.maxAttempts", id="a spec"),
    ],
)
async def test_a_job_that_cannot_be_read_is_left_with_its_pods_and_people_are_told_once(job: Body, what: str) -> None:
    shop = a_shop(job, ended(a_pod_body(FIRST)))
    controller = shop.controller()
    for _ in range(2):
        await controller.reconcile("j-uid")
    assert [(r.method, r.path.rsplit("/", 1)[1]) for r in shop.server.asked] == [("POST", "events")]
    (event,) = (body for path, body in shop.server.objects.items() if "/events/" in path)
    assert event["reason"] == "Unreadable"
    assert event["note"].startswith(f"left as it is until it can be read: {what}: ")
    assert (shop.keys.failed, shop.keys.later) == ([], {})


async def test_a_status_that_waits_for_a_pod_which_is_forgotten_is_read_anew() -> None:
    """It is older than that, as where caches lag at a start; the pod would be asked for again and again."""
    shop = a_shop()
    (pod,) = shop.seeing(ended(a_pod_body(FIRST)))
    shop.stores.forget_pod(pod)
    entry = {"number": 1, "podName": FIRST, "podUID": pod.uid}
    shop.seeing_job(changed(saying({"phase": "Running", "attempts": [entry]})))
    shop.server.objects[JOB] = changed(saying({"phase": "Succeeded"}), resourceVersion="21")
    await shop.controller().reconcile("j-uid")
    assert requests(shop) == [("GET", f"pods/{FIRST}"), ("GET", "queuedjobs/j")]


async def test_what_became_of_its_pod_meanwhile_is_settled_once_it_can_be_read() -> None:
    entry = {"number": 1, "podName": FIRST, "podUID": f"{FIRST}-uid", "startTime": "2026-03-01T12:00:05Z"}
    running: Body = {"phase": "Running", "attempts": [entry]}
    shop = a_shop(saying({**running, **BROKEN}), a_pod_body(FIRST))
    controller = shop.controller()
    del shop.server.objects[f"{PODS}/{FIRST}"]
    shop.stores.take_pod("DELETED", a_pod_body(FIRST, version=101))
    await controller.reconcile("j-uid")
    mended = changed(saying(running))
    shop.server.objects[JOB] = mended
    shop.stores.take(names.QUEUEDJOBS, "MODIFIED", mended)
    await controller.reconcile("j-uid")
    assert status(shop)["attempts"][0]["rule"] == "pod-gone"


async def test_a_job_that_a_live_read_shows_to_be_unreadable_gets_no_pod() -> None:
    shop = a_shop()
    shop.server.objects[JOB] = changed(saying(BROKEN))
    await shop.controller().reconcile("j-uid")
    assert requests(shop)[0] == ("GET", "queuedjobs/j")
    assert f"{PODS}/{FIRST}" not in shop.server.objects


# --- expiry

EXPIRED = saying(
    {"phase": "Succeeded", "reason": "Succeeded", "finishTime": "2026-03-01T11:00:00Z"},
    a_job_body(ttlAfterFinished="1m"),
)


async def test_an_expired_job_is_deleted_as_it_was_seen() -> None:
    shop = a_shop(EXPIRED)
    await shop.controller().reconcile("j-uid")
    ((_, options),) = shop.server.writes()
    assert options["preconditions"] == {"uid": "j-uid", "resourceVersion": "10"}
    assert JOB not in shop.server.objects


async def test_an_expired_job_that_changed_since_is_read_first() -> None:
    shop = a_shop(EXPIRED)
    shop.server.objects[JOB] = changed(EXPIRED, spec={"ttlAfterFinished": "720h"})
    await shop.controller().reconcile("j-uid")
    assert JOB in shop.server.objects


async def test_a_dead_job_whose_letter_a_get_finds_is_kept() -> None:
    dead = {**DEAD["status"], "finishTime": "2026-03-01T11:00:00Z"}
    dead["deadLetterRef"] = {"name": LETTER, "uid": f"{LETTER}-uid"}
    shop = a_shop(saying(dead, a_job_body(ttlAfterFinished="1m")))
    shop.server.objects[f"{LETTERS}/{LETTER}"] = a_letter_body(LETTER)
    await shop.controller().reconcile("j-uid")
    assert JOB in shop.server.objects


# --- what is seen again and again


async def test_a_reconcile_that_gets_nowhere_lets_others_have_their_turn() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST)))
    shop.server.fails = {"PUT": [failure(409, "Conflict", "the object has been modified")] * 1000}
    await shop.controller().reconcile("j-uid")
    assert shop.keys.failed == ["job/j-uid"]


async def test_once_all_is_done_nothing_more_is_asked() -> None:
    shop = a_shop(None, ended(a_pod_body(FIRST), "Succeeded"))
    controller = shop.controller()
    await controller.reconcile("j-uid")
    shop.server.asked.clear()
    await controller.reconcile("j-uid")
    assert shop.server.asked == []
