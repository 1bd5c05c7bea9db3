"""A store that is behind has no right to decide: each live read answers what the watches have not told yet."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from queuedjob.api import names
from queuedjob.kube.objects.patches import add
from queuedjob.ports import Request
from tests.api.env.api_server import UNSHOWN, Theatre
from tests.api.env.env import Actor, Stage
from tests.api.env.faults import Fault
from tests.api.env.holds import Holds
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import RUNS_ON, SUCCEEDS, Fate, by_number, ends, exited

Change: TypeAlias = Callable[[Stage], Awaitable[object]]


async def create_again(stage: Stage) -> None:
    await stage.delete_job("job")
    await stage.until("the job is gone", lambda: not stage.history.jobs)
    await stage.apply(a_job(suspend=True))


CHANGES: dict[str, Change] = {
    "suspended": lambda stage: stage.change("job", suspend=True),
    "cancelled": lambda stage: stage.change("job", cancel=True),
    "given one attempt": lambda stage: stage.change("job", retry={"maxAttempts": 1}),
    "deleted": lambda stage: stage.delete_job("job"),
    "created again": create_again,
}


@pytest.mark.parametrize("changed", CHANGES)
async def test_no_attempt_starts_on_a_job_that_meanwhile_was(theatre: Theatre, changed: str) -> None:
    async with theatre.stage(ends(exited(75)), UNSHOWN) as stage:
        actor = await stage.steady_operator()
        await stage.apply(a_job(retry={"backoff": {"initial": "2s"}}))
        await stage.reaches("job", "Waiting", "Backoff")
        read = actor.holds.at_reads(_is("GET", "/queuedjobs/job"))
        with actor.holds.of_lines(names.QUEUEDJOBS):
            await CHANGES[changed](stage)
            await read.has_been_reached()
            read.open()
            await stage.history.calm(1.0)
        await stage.history.calm(1.0)
        assert writes(actor).count("POST pods") == 1, stage.tell()
        stage.check()


async def test_a_status_is_not_written_over_one_that_the_store_has_not_seen(theatre: Theatre) -> None:
    async with theatre.stage(ends(SUCCEEDS), UNSHOWN) as stage:
        actor = await stage.steady_operator()
        write = actor.holds.at_writes(_is("PUT", "/queuedjobs/job/status"))
        await stage.apply(a_job())
        await write.has_been_reached()
        with actor.holds.of_lines(names.QUEUEDJOBS):
            await stage.patch_job("job", add("/metadata/labels", {"somebody": "was-here"}))
            write.open()
            await stage.reaches("job", "Succeeded")
            await stage.is_at_rest()
        assert writes(actor) == ["POST pods", "PUT queuedjobs/status", "PUT queuedjobs/status", "PATCH pods"]
        stage.check()


async def test_a_job_is_not_deleted_by_a_ttl_that_was_changed_meanwhile(theatre: Theatre) -> None:
    async with theatre.stage(ends(SUCCEEDS), UNSHOWN) as stage:
        actor = await stage.steady_operator()
        await stage.apply(a_job(ttlAfterFinished="1s"))
        delete = actor.holds.at_writes(_is("DELETE", "/queuedjobs/job"))
        await delete.has_been_reached()
        with actor.holds.of_lines(names.QUEUEDJOBS):
            await stage.change("job", ttlAfterFinished="1h")
            delete.open()
            await stage.history.calm(1.0)
            assert stage.history.job("job"), "the job is gone"
        assert writes(actor).count("DELETE queuedjobs") == 1
        stage.check()


async def test_a_pod_is_not_stopped_on_a_version_of_it_that_has_passed(theatre: Theatre) -> None:
    """The reason to stop stands on a pod only as it was planned on: it has ended meanwhile, and its end decides."""
    until_labelled = Fate(SUCCEEDS, once=lambda job: "end" in (job["metadata"].get("labels") or {}))
    async with theatre.stage(by_number(until_labelled)) as stage:
        actor = await stage.steady_operator()
        await stage.apply(a_job())
        await stage.reaches("job", "Running")
        mark = actor.holds.at_writes(_is("PATCH", "-1"))
        await stage.change("job", cancel=True)
        await mark.has_been_reached()
        with actor.holds.of_lines("pods"):
            await stage.patch_job("job", add("/metadata/labels", {"end": ""}))
            await stage.until("the pod has ended", lambda: stage.history.pods[0]["status"]["phase"] == "Succeeded")
            mark.open()
            await stage.reaches("job", "Succeeded")
        await stage.is_at_rest()
        assert names.STOP_REASON_ANNOTATION not in stage.history.pods[0]["metadata"]["annotations"]
        stage.check()


async def test_a_pod_whose_job_the_store_has_not_seen_is_no_orphan(theatre: Theatre) -> None:
    async with theatre.stage(ends(SUCCEEDS), UNSHOWN) as stage:
        blind = Holds()
        with blind.of_lines(names.QUEUEDJOBS):
            second = await stage.steady_operator(holds=blind)
            first = await stage.steady_operator({2: Fault.DIES_BEFORE})
            await stage.apply(a_job())
            await first.life.over.wait()
            await stage.reaches("job", "Succeeded")
        await stage.is_at_rest()
        assert writes(first) == ["POST pods", "PUT queuedjobs/status"]
        assert writes(second) == ["PUT queuedjobs/status", "PATCH pods"]
        stage.check()


async def test_a_pod_whose_creation_nobody_confirmed_is_found_by_its_name(theatre: Theatre) -> None:
    async with theatre.stage(ends(SUCCEEDS), UNSHOWN) as stage:
        actor = await stage.steady_operator({1: Fault.ANSWER_LOST})
        again = actor.holds.at_writes(lambda request: request.method == "POST" and bool(actor.life.writes))
        with actor.holds.of_lines("pods"):
            await stage.apply(a_job())
            await again.has_been_reached()
            await stage.until("the pod has ended", lambda: stage.history.pods[0]["status"]["phase"] == "Succeeded")
            again.open()
            await stage.reaches("job", "Succeeded")
        await stage.is_at_rest()
        assert writes(actor) == ["POST pods", "POST pods", "PUT queuedjobs/status", "PATCH pods"]
        stage.check()


async def test_a_letter_whose_filing_nobody_confirmed_is_found_by_its_name(theatre: Theatre) -> None:
    async with theatre.stage(ends(exited(64)), UNSHOWN) as stage:
        actor = await stage.steady_operator({4: Fault.ANSWER_LOST})
        with actor.holds.of_lines(names.DEADLETTERS):
            await stage.apply(a_job())
            await stage.reaches("job", "DeadLettered")
            await stage.is_at_rest()
        assert writes(actor).count("POST deadletters") == 2
        assert len(stage.history.letters) == 1
        stage.check()


async def test_a_pod_whose_end_the_watch_has_not_told_is_waited_for(theatre: Theatre) -> None:
    async with theatre.stage(by_number(RUNS_ON, Fate(SUCCEEDS))) as stage:
        actor = await stage.steady_operator()
        await stage.apply(a_job())
        await stage.reaches("job", "Running")
        pod = (await stage.pod_runs())["metadata"]
        with actor.holds.of_lines("pods"):
            await stage.delete_pod(pod["name"], pod["uid"])
            await stage.until("the pod has ended", lambda: stage.history.pods[0]["status"]["phase"] == "Failed")
            await stage.history.calm(1.0)
            assert len(stage.history.pods) == 1, stage.tell()
        job = await stage.reaches("job", "Succeeded")
        assert job["status"]["counters"] == {"pods": 2, "attempts": 1, "disruptions": 1, "byClass": {"Disruption": 1}}
        await stage.is_at_rest()
        stage.check()


def writes(actor: Actor) -> list[str]:
    return [str(write) for write in actor.life.writes]


def _is(method: str, path: str) -> Callable[[Request], bool]:
    return lambda request: request.method == method and request.path.endswith(path)
