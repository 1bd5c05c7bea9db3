"""The stories of one job that are told with faults. Nothing in them is left to chance, but when things happen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from queuedjob.api.types.times import format_time
from queuedjob.policy.failure.heartbeat_mark import mark
from tests.api.env.api_server import UNSHOWN
from tests.api.env.env import Stage
from tests.api.env.run_scenario import Story, a_job
from tests.api.env.scripted_pods import (
    DEADLINE_EXCEEDED,
    OOM_KILLED,
    RUNS_ON,
    SUCCEEDS,
    Fate,
    by_life,
    by_number,
    ends,
    exited,
    never_starts,
)

_NEVER: Final = format_time(datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))
_TEMPFAIL: Final = exited(75, "try again later")
_WRONG_ARGUMENTS: Final = exited(64, "no such option")


async def succeeds(stage: Stage) -> None:
    await stage.reaches("job", "Succeeded")


async def dies(stage: Stage) -> None:
    await stage.reaches("job", "DeadLettered")


async def _suspend_and_resume(stage: Stage) -> None:
    await stage.reaches("job", "Running")
    await stage.change("job", suspend=True)
    await stage.reaches("job", "Waiting", "Suspended")
    await stage.change("job", suspend=False)
    await succeeds(stage)


async def _cancel_when_running(stage: Stage) -> None:
    await stage.reaches("job", "Running")
    await stage.change("job", cancel=True)
    await stage.reaches("job", "Cancelled")


async def _cancel_before_its_time(stage: Stage) -> None:
    await stage.reaches("job", "Waiting", "NotBeforeTime")
    await stage.change("job", cancel=True)
    await stage.reaches("job", "Cancelled")


async def _fix_and_run_again(stage: Stage) -> None:
    await dies(stage)
    await stage.until("its letter is filed", lambda: stage.at_rest)
    await stage.change("job", template=a_job()["spec"]["template"] | {"metadata": {"labels": {"fixed": "yes"}}})
    await succeeds(stage)


async def _is_gone(stage: Stage) -> None:
    await succeeds(stage)
    await stage.until("the job and its pods are gone", lambda: not stage.history.jobs and not stage.history.pods)


async def _cancel_when_warned(stage: Stage) -> None:
    await stage.told("DeadlineNear")
    await stage.change("job", cancel=True)
    await stage.reaches("job", "Cancelled")
    assert len(await stage.events("DeadlineNear")) == 1


async def _lose_the_pod(stage: Stage) -> None:
    pod = (await stage.pod_runs(1))["metadata"]
    await stage.reaches("job", "Running")
    await stage.delete_pod(pod["name"], pod["uid"])
    await succeeds(stage)


def _doubled() -> dict[str, object]:
    """A template that the CRD takes, and the validation of pods does not."""
    mounts = [{"name": "nowhere", "mountPath": "/data"}]
    return {"spec": {"containers": [{"name": "main", "image": "busybox", "volumeMounts": mounts}]}}


def _with_a_helper() -> dict[str, object]:
    """A template with a second container."""
    containers = [{"name": name, "image": "busybox"} for name in ("main", "helper")]
    return {"spec": {"containers": containers}}


_NO_IMAGE: Final = never_starts("ImagePullBackOff", "Back-off pulling image")
_NO_NAME: Final = never_starts("InvalidImageName", "couldn't parse image name")
_HELPED: Final = UNSHOWN.model_copy(update={"main_ended_after": 0.5})

STORIES: Final = {
    "a job that is shown running": Story(a_job(), by_number(Fate(SUCCEEDS).shown()), succeeds),
    "a short job": Story(a_job(), ends(SUCCEEDS), succeeds, UNSHOWN),
    "two retries": Story(a_job(), ends(_TEMPFAIL, _TEMPFAIL, SUCCEEDS), succeeds, UNSHOWN),
    "a permanent failure": Story(a_job(), ends(_WRONG_ARGUMENTS), dies, UNSHOWN),
    "a poison pill": Story(a_job(), ends(OOM_KILLED), lambda stage: stage.reaches("job", "Quarantined"), UNSHOWN),
    "out of attempts": Story(a_job(retry={"maxAttempts": 2}), ends(exited(1)), dies, UNSHOWN),
    "a deadline that grows": Story(
        a_job(timeouts={"attempt": "1s", "growth": 2}), ends(DEADLINE_EXCEEDED, SUCCEEDS), succeeds, UNSHOWN
    ),
    "a hang": Story(
        a_job(timeouts={"heartbeat": "3s"}), ends(exited(0, f"saved\n{mark(3)}\n"), SUCCEEDS), succeeds, UNSHOWN
    ),
    "suspended and resumed": Story(a_job(), by_number(RUNS_ON, Fate(SUCCEEDS)), _suspend_and_resume),
    "cancelled while it runs": Story(a_job(), by_number(RUNS_ON), _cancel_when_running),
    "cancelled before its time": Story(a_job(notBeforeTime=_NEVER), by_number(RUNS_ON), _cancel_before_its_time),
    "past its total": Story(
        a_job(timeouts={"total": "10s"}),
        by_number(RUNS_ON),
        dies,
        varying=frozenset({"activeDeadlineSeconds", "deadline"}),
    ),
    "run again after a fix": Story(
        a_job(), by_life(ends(_WRONG_ARGUMENTS), ends(SUCCEEDS)), _fix_and_run_again, UNSHOWN
    ),
    "deleted by its ttl": Story(a_job(ttlAfterFinished="1s"), ends(SUCCEEDS), _is_gone, UNSHOWN),
    "a short history": Story(a_job(podHistoryLimit=1), ends(_TEMPFAIL, _TEMPFAIL, SUCCEEDS), succeeds, UNSHOWN),
    "no history": Story(a_job(podHistoryLimit=0), ends(_TEMPFAIL, SUCCEEDS), succeeds, UNSHOWN),
    "a refused pod": Story(a_job(template=_doubled()), ends(SUCCEEDS), dies, UNSHOWN),
    "a pod that does not start": Story(
        a_job(timeouts={"start": "3s"}), by_number(_NO_IMAGE, Fate(SUCCEEDS)), succeeds, UNSHOWN
    ),
    "an image that cannot be": Story(
        a_job(), by_number(_NO_NAME), dies, UNSHOWN.model_copy(update={"starting_after": 3.0})
    ),
    "others run on after success": Story(
        a_job(template=_with_a_helper()), by_number(Fate(SUCCEEDS, others_run_on=True)), succeeds, _HELPED
    ),
    "others run on after a failure": Story(
        a_job(template=_with_a_helper()),
        by_number(Fate(_TEMPFAIL, others_run_on=True), Fate(SUCCEEDS, others_run_on=True)),
        succeeds,
        _HELPED,
    ),
    "a deadline that comes near": Story(
        a_job(timeouts={"attempt": "1m"}),
        by_number(RUNS_ON),
        _cancel_when_warned,
        UNSHOWN.model_copy(update={"deadline_near_percent": 1}),
    ),
    "a pod deleted by somebody": Story(a_job(), by_number(RUNS_ON, Fate(SUCCEEDS)), _lose_the_pod),
}

THROUGH_KOPF: Final = replace(STORIES["run again after a fix"], through_kopf=True)
