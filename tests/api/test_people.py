"""What people do to a job and its pods, and what must not come of it."""

import pytest

from queuedjob.api import names
from queuedjob.kube.objects.patches import add, pointer, remove
from queuedjob.ports import Body
from tests.api.env.api_server import SETTINGS, UNSHOWN, Theatre
from tests.api.env.env import Stage
from tests.api.env.faults import Fault
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, Fate, by_life, by_number, ends, exited


def has_run_on(fates_key: str) -> Fate:
    """An attempt that succeeds once the test labels its job so."""
    return Fate(SUCCEEDS, once=lambda job: fates_key in (job["metadata"].get("labels") or {}))


LET_GO = "let-go"
HELD_BACK = by_number(has_run_on(LET_GO))


async def let_go(stage: Stage) -> None:
    """The pod that was held back succeeds."""
    await stage.patch_job("job", add("/metadata/labels", {LET_GO: ""}))


async def succeeds_once(stage: Stage, released_by: str = "operators") -> Body:
    """One attempt, one success, nothing left over."""
    job = await stage.reaches("job", "Succeeded")
    assert job["status"]["counters"]["pods"] == 1, stage.tell()
    await stage.is_at_rest()
    stage.check(released_by)
    return job


@pytest.mark.parametrize("label", [names.JOB_LABEL, names.REDRIVES_LABEL])
async def test_a_pod_that_loses_a_label_while_it_runs_gets_it_back(theatre: Theatre, label: str) -> None:
    async with theatre.stage(HELD_BACK) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        await stage.reaches("job", "Running")
        pod = await stage.pod_runs()
        await stage.patch_pod(pod["metadata"]["name"], remove(pointer("metadata", "labels", label)))
        await stage.until("the label is back", lambda: stage.history.pods[0]["metadata"]["labels"].get(label))
        await let_go(stage)
        await succeeds_once(stage)


async def test_a_pod_that_loses_all_labels_while_no_operator_looks_is_found_and_counted(theatre: Theatre) -> None:
    async with theatre.stage(HELD_BACK) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        pod = await stage.pod_runs()
        stage.kill_operator()
        await stage.patch_pod(pod["metadata"]["name"], remove("/metadata/labels"))
        await let_go(stage)
        stage.start_operator()
        await succeeds_once(stage)


async def test_a_pod_that_loses_our_finalizer_is_counted_all_the_same(theatre: Theatre) -> None:
    async with theatre.stage(HELD_BACK) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        pod = await stage.pod_runs()
        await stage.patch_pod(pod["metadata"]["name"], remove("/metadata/finalizers"))
        await let_go(stage)
        await succeeds_once(stage, released_by="people")


async def test_a_pod_without_our_finalizer_that_vanishes_costs_no_attempt(theatre: Theatre) -> None:
    async with theatre.stage(by_number(RUNS_ON, Fate(SUCCEEDS))) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        await stage.reaches("job", "Running")
        pod = (await stage.pod_runs())["metadata"]
        await stage.patch_pod(pod["name"], remove("/metadata/finalizers"))
        await stage.delete_pod(pod["name"], pod["uid"], grace=0)
        job = await stage.reaches("job", "Succeeded")
        assert job["status"]["counters"] == {"pods": 2, "attempts": 1, "disruptions": 1, "byClass": {"Disruption": 1}}
        stage.check(released_by="people")


async def test_a_shown_pod_that_vanishes_while_no_operator_looks_is_counted_once(theatre: Theatre) -> None:
    async with theatre.stage(by_number(RUNS_ON, Fate(SUCCEEDS))) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        await stage.reaches("job", "Running")
        stage.kill_operator()
        pod = (await stage.pod_runs())["metadata"]
        await stage.patch_pod(pod["name"], remove("/metadata/finalizers"))
        await stage.delete_pod(pod["name"], pod["uid"], grace=0)
        await stage.until("the pod is gone", lambda: not stage.history.pods)
        stage.start_operator()
        job = await stage.reaches("job", "Succeeded")
        assert job["status"]["counters"] == {"pods": 2, "attempts": 1, "disruptions": 1, "byClass": {"Disruption": 1}}
        stage.check(released_by="people")


async def test_a_pod_that_loses_its_owner_reference_is_known_by_its_labels(theatre: Theatre) -> None:
    async with theatre.stage(HELD_BACK) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        pod = await stage.pod_runs()
        await stage.patch_pod(pod["metadata"]["name"], remove("/metadata/ownerReferences"))
        await let_go(stage)
        await succeeds_once(stage)


async def test_a_pod_that_loses_its_owner_and_its_labels_is_known_by_its_uid(theatre: Theatre) -> None:
    async with theatre.stage(HELD_BACK) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        pod = (await stage.pod_runs())["metadata"]
        await stage.patch_pod(pod["name"], remove("/metadata/ownerReferences"), remove("/metadata/labels"))
        await stage.until("its labels are back", lambda: stage.history.pods[0]["metadata"].get("labels"))
        await let_go(stage)
        await succeeds_once(stage, released_by="people")


async def test_a_shown_pod_that_loses_its_owner_and_its_labels_meanwhile_is_known_by_its_uid(theatre: Theatre) -> None:
    async with theatre.stage(HELD_BACK) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        await stage.reaches("job", "Running")
        pod = (await stage.pod_runs())["metadata"]
        stage.kill_operator()
        await stage.patch_pod(pod["name"], remove("/metadata/ownerReferences"), remove("/metadata/labels"))
        stage.start_operator()
        await stage.until("its labels are back", lambda: stage.history.pods[0]["metadata"].get("labels"))
        await let_go(stage)
        await succeeds_once(stage, released_by="people")


async def test_a_pod_that_only_its_name_ties_to_a_job_is_known_by_that(theatre: Theatre) -> None:
    async with theatre.stage(HELD_BACK, UNSHOWN) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        pod = (await stage.pod_runs())["metadata"]
        stage.kill_operator()
        await stage.patch_pod(pod["name"], remove("/metadata/ownerReferences"), remove("/metadata/labels"))
        stage.start_operator()
        await stage.until("its labels are back", lambda: stage.history.pods[0]["metadata"].get("labels"))
        await let_go(stage)
        await succeeds_once(stage, released_by="people")


@pytest.mark.parametrize("propagation", ["Background", "Foreground", "Orphan"])
async def test_a_job_deleted_while_it_runs_leaves_nothing_behind_that_is_held(
    theatre: Theatre, propagation: str
) -> None:
    async with theatre.stage(by_number(RUNS_ON)) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        await stage.reaches("job", "Running")
        pod = (await stage.pod_runs())["metadata"]
        await stage.delete_job("job", propagation)
        await stage.until("the job is gone", lambda: not stage.history.jobs)
        if propagation == "Orphan":  # it runs on until somebody deletes it, too
            assert [p["metadata"]["name"] for p in stage.history.pods] == [pod["name"]]
            await stage.delete_pod(pod["name"], pod["uid"])
        await stage.is_empty()
        stage.check()


async def test_a_job_deleted_while_no_operator_looks_leaves_no_finalizer(theatre: Theatre) -> None:
    async with theatre.stage(by_number(RUNS_ON)) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        await stage.pod_runs()
        stage.kill_operator()
        await stage.delete_job("job")
        await stage.until("the job is gone", lambda: not stage.history.jobs)
        stage.start_operator()
        await stage.is_empty()
        stage.check()


async def test_a_job_deleted_before_its_letter_is_filed_has_none(theatre: Theatre) -> None:
    async with theatre.stage(ends(exited(64)), UNSHOWN) as stage:
        post_pod, settle, tell_people, post_letter = 1, 2, 3, 4
        actor = await stage.steady_operator({post_letter: Fault.DIES_BEFORE})
        await stage.apply(a_job())
        await actor.life.over.wait()
        assert [str(w) for w in actor.life.writes][post_pod - 1 :: settle] == ["POST pods", "POST events"], tell_people
        await stage.delete_job("job")
        await stage.until("the job is gone", lambda: not stage.history.jobs)
        stage.start_operator()
        await stage.is_empty()
        assert not stage.history.letters, stage.tell()
        stage.check()


async def test_a_job_created_again_waits_until_the_pods_of_the_one_before_have_ended(theatre: Theatre) -> None:
    async with theatre.stage(by_life(by_number(RUNS_ON)), SETTINGS) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        old = (await stage.pod_runs())["metadata"]
        stage.kubelet.die()
        await stage.delete_job("job")
        await stage.until("the job is gone", lambda: not stage.history.jobs)
        await stage.apply(a_job())
        await stage.reaches("job", "Waiting", "PreviousPodTerminating")
        assert [p["metadata"]["uid"] for p in stage.history.pods] == [old["uid"]], stage.tell()
        stage.kubelet.revive()
        await stage.reaches("job", "Running")
        assert old["uid"] not in [p["metadata"]["uid"] for p in stage.history.pods], stage.tell()
        stage.check()
