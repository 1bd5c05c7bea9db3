"""Scenarios of one job that run with faults. Only the timing in them is random."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from queuedjob.api.names import RETRY_NOW_ANNOTATION
from queuedjob.api.types.times import format_time
from queuedjob.kube.objects.patches import add
from queuedjob.policy.failure.heartbeat_mark import mark
from tests.api.env.api_server import UNSHOWN
from tests.api.env.env import Env
from tests.api.env.run_scenario import Scenario, a_job
from tests.api.env.scripted_pods import (
    DEADLINE_EXCEEDED,
    OOM_KILLED,
    RUNS_ON,
    SUCCEEDS,
    PodScript,
    by_number,
    by_run,
    ends,
    exited,
    never_starts,
)

_NEVER: Final = format_time(datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))
_TEMPFAIL: Final = exited(75, "try again later")
_WRONG_ARGUMENTS: Final = exited(64, "no such option")


async def succeeds(env: Env) -> None:
    await env.reaches("job", "Succeeded")


async def dies(env: Env) -> None:
    await env.reaches("job", "DeadLettered")


async def _suspend_and_resume(env: Env) -> None:
    await env.reaches("job", "Running")
    await env.change("job", suspend=True)
    await env.reaches("job", "Waiting", "Suspended")
    await env.change("job", suspend=False)
    await succeeds(env)


async def _cancel_when_running(env: Env) -> None:
    await env.reaches("job", "Running")
    await env.change("job", cancel=True)
    await env.reaches("job", "Cancelled")


async def _cancel_before_its_time(env: Env) -> None:
    await env.reaches("job", "Waiting", "NotBeforeTime")
    await env.change("job", cancel=True)
    await env.reaches("job", "Cancelled")


async def _fix_and_run_again(env: Env) -> None:
    await dies(env)
    await env.until("its letter is filed", lambda: env.at_rest)
    await env.change("job", template=a_job()["spec"]["template"] | {"metadata": {"labels": {"fixed": "yes"}}})
    await succeeds(env)


async def _retry_now(env: Env) -> None:
    await env.reaches("job", "Waiting", "Backoff")
    asked = {RETRY_NOW_ANNOTATION: "2030-01-31T12:00:00Z"}
    await env.patch_job("job", add("/metadata/annotations", asked))
    job = await env.reaches("job", "Succeeded")
    assert job["status"]["handled"] == {"retryNow": "2030-01-31T12:00:00Z"}, env.tell()


async def _is_gone(env: Env) -> None:
    await succeeds(env)
    await env.until("the job and its pods are gone", lambda: not env.history.jobs and not env.history.pods)


async def _cancel_when_warned(env: Env) -> None:
    await env.until_event("DeadlineNear")
    await env.change("job", cancel=True)
    await env.reaches("job", "Cancelled")
    assert len(await env.events("DeadlineNear")) == 1


async def _lose_the_pod(env: Env) -> None:
    pod = (await env.pod_runs(1))["metadata"]
    await env.reaches("job", "Running")
    await env.delete_pod(pod["name"], pod["uid"])
    await succeeds(env)


def _doubled() -> dict[str, object]:
    """A template that is accepted on apply, but the API server's validation of pods refuses."""
    mounts = [{"name": "queuedjob-nowhere", "mountPath": "/data"}]
    return {"spec": {"containers": [{"name": "main", "image": "busybox", "volumeMounts": mounts}]}}


def _with_a_helper() -> dict[str, object]:
    """A template with a second container."""
    containers = [{"name": name, "image": "busybox"} for name in ("main", "helper")]
    return {"spec": {"containers": containers}}


_NO_IMAGE: Final = never_starts("ImagePullBackOff", "Back-off pulling image")
_NO_NAME: Final = never_starts("InvalidImageName", "couldn't parse image name")
_HELPED: Final = UNSHOWN.model_copy(update={"main_ended_after": 0.5})

SCENARIOS: Final = {
    "a job that is shown running": Scenario(a_job(), by_number(PodScript(SUCCEEDS).shown()), succeeds),
    "a short job": Scenario(a_job(), ends(SUCCEEDS), succeeds, UNSHOWN),
    "two retries": Scenario(a_job(), ends(_TEMPFAIL, _TEMPFAIL, SUCCEEDS), succeeds, UNSHOWN),
    "a permanent failure": Scenario(a_job(), ends(_WRONG_ARGUMENTS), dies, UNSHOWN),
    "a poison pill": Scenario(a_job(), ends(OOM_KILLED), lambda env: env.reaches("job", "Quarantined"), UNSHOWN),
    "out of attempts": Scenario(a_job(retry={"maxAttempts": 2}), ends(exited(1)), dies, UNSHOWN),
    "a deadline that grows": Scenario(
        a_job(timeouts={"attempt": "1s", "growth": 2}), ends(DEADLINE_EXCEEDED, SUCCEEDS), succeeds, UNSHOWN
    ),
    "a hang": Scenario(
        a_job(timeouts={"heartbeat": "3s"}), ends(exited(0, f"saved\n{mark(3)}\n"), SUCCEEDS), succeeds, UNSHOWN
    ),
    "suspended and resumed": Scenario(a_job(), by_number(RUNS_ON, PodScript(SUCCEEDS).shown()), _suspend_and_resume),
    "cancelled while it runs": Scenario(a_job(), by_number(RUNS_ON), _cancel_when_running),
    "cancelled before its time": Scenario(a_job(notBeforeTime=_NEVER), by_number(RUNS_ON), _cancel_before_its_time),
    "past its total": Scenario(
        a_job(timeouts={"total": "10s"}),
        by_number(RUNS_ON),
        dies,
        varying=frozenset({"activeDeadlineSeconds", "deadline"}),
    ),
    "run again after a fix": Scenario(
        a_job(), by_run(ends(_WRONG_ARGUMENTS), ends(SUCCEEDS)), _fix_and_run_again, UNSHOWN
    ),
    "retried before its time": Scenario(
        a_job(retry={"backoff": {"initial": "1h", "max": "1h"}}), ends(_TEMPFAIL, SUCCEEDS), _retry_now, UNSHOWN
    ),
    "deleted by its ttl": Scenario(a_job(ttlAfterFinished="1s"), ends(SUCCEEDS), _is_gone, UNSHOWN),
    "a short history": Scenario(a_job(podHistoryLimit=1), ends(_TEMPFAIL, _TEMPFAIL, SUCCEEDS), succeeds, UNSHOWN),
    "no history": Scenario(a_job(podHistoryLimit=0), ends(_TEMPFAIL, SUCCEEDS), succeeds, UNSHOWN),
    "a refused pod": Scenario(
        a_job(template=_doubled()),
        ends(SUCCEEDS),
        dies,
        UNSHOWN.model_copy(update={"spec_fault_after": 3.0}),  # between two tries, though times are whole seconds
    ),
    "a pod that does not start": Scenario(
        a_job(timeouts={"start": "3s"}), by_number(_NO_IMAGE, PodScript(SUCCEEDS)), succeeds, UNSHOWN
    ),
    "an image that cannot be": Scenario(
        a_job(), by_number(_NO_NAME), dies, UNSHOWN.model_copy(update={"starting_after": 3.0})
    ),
    "others run on after success": Scenario(
        a_job(template=_with_a_helper()), by_number(PodScript(SUCCEEDS, others_run_on=True)), succeeds, _HELPED
    ),
    "others run on after a failure": Scenario(
        a_job(template=_with_a_helper()),
        by_number(PodScript(_TEMPFAIL, others_run_on=True), PodScript(SUCCEEDS, others_run_on=True)),
        succeeds,
        _HELPED,
    ),
    "a deadline that comes near": Scenario(
        a_job(timeouts={"attempt": "1m"}),
        by_number(RUNS_ON),
        _cancel_when_warned,
        UNSHOWN.model_copy(update={"deadline_near_percent": 1}),
    ),
    "a pod deleted by somebody": Scenario(a_job(), by_number(RUNS_ON, PodScript(SUCCEEDS).shown()), _lose_the_pod),
}

THROUGH_KOPF: Final = replace(SCENARIOS["run again after a fix"], through_kopf=True)
