"""The content of a job's termination message, through a real API server: for the next attempt, and for users."""

from typing import Any, Final

from queuedjob.api import names
from queuedjob.kube.client import paths
from queuedjob.ports import Body
from tests.api.env.api_server import ApiServerEnv
from tests.api.env.env import Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, by_run, ends, exited

SAID: Final = """starting
{"checkpoint": {"record": 800, "of": [null, 1.5, "$(HOME)"]}, "progress": {"done": 800, "total": 1000}}
connection refused"""
CHECKPOINT: Final[Body] = {"record": 800, "of": [None, 1.5, "$(HOME)"]}
GIVEN: Final = '{"of":[null,1.5,"$$(HOME)"],"record":800}'
"""The checkpoint in the pod's spec. The API server sorts the keys of what it stores."""


def given(env: Env) -> list[tuple[str, str, str | None]]:
    """The redrive count and the number of each attempt, in order, with the checkpoint that it got."""
    found: dict[tuple[str, str], str | None] = {}
    for sight in env.history.of("pods"):
        labels = sight.body["metadata"]["labels"]
        environment = {e["name"]: e.get("value", "") for e in sight.body["spec"]["containers"][0]["env"]}
        found[labels[names.REDRIVES_LABEL], labels[names.ATTEMPT_LABEL]] = environment.get("QUEUEDJOB_CHECKPOINT")
    return [(*attempt, checkpoint) for attempt, checkpoint in found.items()]


async def told(env: Env) -> list[tuple[str, str]]:
    """The type and the reason of the job's Events, in order."""
    events = (await env.admin.get(paths.events(env.namespace)))["items"]
    ours: list[Any] = [e for e in events if e["regarding"]["kind"] == "QueuedJob"]
    return [(e["type"], e["reason"]) for e in sorted(ours, key=lambda e: e["eventTime"])]


async def test_a_checkpoint_reaches_the_next_attempt_the_letter_and_the_next_life(api_server_env: ApiServerEnv) -> None:
    dies = ends(exited(75, SAID), exited(65, "no such record"))
    async with api_server_env.env(by_run(dies, ends(exited(75), SUCCEEDS))) as env:
        await env.steady_operator()
        await env.apply(a_job())
        dead = (await env.reaches("job", "DeadLettered"))["status"]
        assert (dead["checkpoint"], dead["progress"]) == (CHECKPOINT, {"done": 800, "total": 1000})
        assert dead["progressSummary"] == "800/1000"
        (letter,) = await env.until("a letter is filed", lambda: env.history.letters)
        assert letter["spec"]["checkpoint"] == CHECKPOINT
        await env.change("job", retry={"maxAttempts": 9})
        done = (await env.reaches("job", "Succeeded"))["status"]
        assert done["checkpoint"] == CHECKPOINT
        assert {"progress", "progressSummary"} & done.keys() == set()
        assert given(env) == [("0", "1", None), ("0", "2", GIVEN), ("1", "1", GIVEN), ("1", "2", GIVEN)]
        await env.is_at_rest()
        env.check()


async def test_a_result_is_kept_and_nothing_is_told_of_what_is_right(api_server_env: ApiServerEnv) -> None:
    result = '{"result": {"rows": 42, "failed": [], "note": null}, "reason": "Sent", "message": "to 42 readers"}'
    async with api_server_env.env(ends(exited(0, result))) as env:
        await env.steady_operator()
        await env.apply(a_job())
        done = (await env.reaches("job", "Succeeded"))["status"]
        assert done["result"] == {"rows": 42, "failed": [], "note": None}
        (attempt,) = done["attempts"]
        assert (attempt["reason"], attempt["message"]) == ("Sent", "The main container ended with 0: to 42 readers")
        assert await told(env) == []


async def test_the_jobs_own_class_decides_and_what_it_said_wrongly_is_told(api_server_env: ApiServerEnv) -> None:
    said = '{"class": "permanent", "reason": "no address", "retryAfter": "soon", "checkpoint": ""}'
    async with api_server_env.env(ends(exited(75, said))) as env:
        await env.steady_operator()
        await env.apply(a_job())
        dead = (await env.reaches("job", "DeadLettered", "Permanent"))["status"]
        (attempt,) = dead["attempts"]
        assert (attempt["class"], attempt["rule"], attempt["reason"]) == ("Permanent", "says-permanent", "NoAddress")
        assert dead["checkpoint"] == ""
        await env.is_at_rest()
        assert sorted(await told(env)) == [("Warning", "DeadLettered"), ("Warning", "MessageIgnored")]


async def test_a_job_waits_as_long_as_it_asked(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(ends(exited(1, '{"class": "RateLimited", "retryAfter": "1500ms"}'), SUCCEEDS)) as env:
        await env.steady_operator()
        await env.apply(a_job())
        waiting = (await env.reaches("job", "Waiting", "Backoff"))["status"]
        assert waiting["message"].endswith(", as it asked to wait 1s500ms")
        await env.reaches("job", "Succeeded")
        first, second = sorted(env.history.pods, key=lambda pod: int(pod["metadata"]["labels"][names.ATTEMPT_LABEL]))
        assert second["metadata"]["creationTimestamp"] >= waiting["nextAttemptTime"][:19]
        assert first["metadata"]["uid"] != second["metadata"]["uid"]
