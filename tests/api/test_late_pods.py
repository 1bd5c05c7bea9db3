"""Pods that turn up late: asked for by an operator that is dead, or of a life of their job that is over."""

import copy

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.kube.client import paths
from queuedjob.ports import Body
from tests.api.env.api_server import UNSHOWN, Theatre
from tests.api.env.env import Stage
from tests.api.env.faults import Fault
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, Fate, by_life, by_number, ends, exited


def last_of(stage: Stage, uid: str) -> Body | None:
    """How a pod was last, once it was seen to go."""
    return next((sight.body for sight in stage.history.of("pods") if sight.uid == uid and sight.gone), None)


async def cancelled_with_one_stopped(stage: Stage) -> None:
    """The late pod came first, was stopped, and only then the job was Cancelled."""
    job = await stage.reaches("job", "Cancelled")
    assert job["status"]["counters"] == {"pods": 1, "byClass": {"Stopped": 1}}, stage.tell()
    await stage.is_at_rest()
    stage.check()


async def test_a_job_is_not_cancelled_before_what_a_dead_operator_asked_for_has_come(theatre: Theatre) -> None:
    async with theatre.stage(by_number(RUNS_ON), UNSHOWN) as stage:
        actor = await stage.steady_operator({1: Fault.DIES_AND_ARRIVES_LATE})
        await stage.apply(a_job())
        await actor.life.over.wait()
        stage.start_operator()
        await stage.change("job", cancel=True)
        await cancelled_with_one_stopped(stage)


async def test_a_job_is_not_cancelled_before_what_was_given_up_for_lost_has_come(theatre: Theatre) -> None:
    async with theatre.stage(by_number(RUNS_ON), UNSHOWN) as stage:
        actor = await stage.steady_operator({1: Fault.ARRIVES_LATE})
        await stage.apply(a_job())
        await actor.life.hit.wait()
        await stage.change("job", cancel=True)
        await cancelled_with_one_stopped(stage)


async def test_a_pod_that_comes_after_its_job_was_deleted_is_let_go(theatre: Theatre) -> None:
    async with theatre.stage(by_number(RUNS_ON), UNSHOWN) as stage:
        actor = await stage.steady_operator({1: Fault.DIES_AND_ARRIVES_LATE})
        await stage.apply(a_job())
        await actor.life.over.wait()
        await stage.delete_job("job")
        stage.start_operator()
        await stage.until("the pod has come", lambda: any(stage.history.of("pods")))
        await stage.is_empty()
        stage.check()


async def test_a_pod_of_an_earlier_life_is_stopped_and_not_counted(theatre: Theatre) -> None:
    fates = by_life(by_number(Fate(exited(64)), RUNS_ON), by_number(RUNS_ON))
    async with theatre.stage(fates) as stage:
        await stage.steady_operator()
        job = await stage.apply(a_job())
        await stage.reaches("job", "DeadLettered")
        await stage.is_at_rest()
        first = stage.history.pods[0]
        await stage.change("job", template={**job["spec"]["template"], "metadata": {"labels": {"fixed": "yes"}}})
        await stage.reaches("job", "Running")
        metadata = first["metadata"]
        late = {
            "metadata": {
                "name": pod_name("job", job["metadata"]["uid"], 0, 2),
                "labels": {**metadata["labels"], names.ATTEMPT_LABEL: "2"},
                "annotations": metadata["annotations"],
                "finalizers": [names.FINALIZER],
                "ownerReferences": copy.deepcopy(metadata["ownerReferences"]),
            },
            "spec": {"containers": [{"name": "main", "image": "busybox"}]},
        }
        pod = await stage.admin.create(paths.pods(stage.namespace), late)
        last = await stage.until("the late pod is gone", lambda: last_of(stage, pod["metadata"]["uid"]))
        assert last["metadata"]["annotations"][names.STOP_REASON_ANNOTATION] == "stray", stage.tell()
        job = await stage.reaches("job", "Running")
        assert "pods" not in job["status"]["counters"], stage.tell()
        assert len(job["status"]["attempts"]) == 1


async def test_a_job_created_again_waits_for_what_may_come_for_the_one_before(theatre: Theatre) -> None:
    async with theatre.stage(ends(SUCCEEDS), UNSHOWN) as stage:
        actor = await stage.steady_operator({1: Fault.ARRIVES_LATE})
        again = actor.holds.at_writes(lambda request: request.method == "POST" and bool(actor.life.writes))
        await stage.apply(a_job())
        await again.has_been_reached()
        await stage.delete_job("job")
        await stage.until("the job is gone", lambda: not stage.history.jobs)
        again.open()
        await stage.apply(a_job())
        await stage.reaches("job", "Succeeded")
        names_in_order = list(dict.fromkeys(s.body["metadata"]["name"] for s in stage.history.of("pods")))
        uid = stage.history.jobs[0]["metadata"]["uid"]
        assert names_in_order[-1] == pod_name("job", uid, 0, 1), stage.tell()
        assert len(names_in_order) == 2, stage.tell()
        await stage.is_at_rest()
        stage.check()
