"""What a job says in its termination message, through a real API server: to the next attempt, and to people."""

from typing import Any, Final

from queuedjob.api import names
from queuedjob.kube.client import paths
from queuedjob.ports import Body
from tests.api.env.api_server import Theatre
from tests.api.env.env import Stage
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, by_life, ends, exited

SAID: Final = """starting
{"checkpoint": {"record": 800, "of": [null, 1.5, "$(HOME)"]}, "progress": {"done": 800, "total": 1000}}
connection refused"""
CHECKPOINT: Final[Body] = {"record": 800, "of": [None, 1.5, "$(HOME)"]}
GIVEN: Final = '{"of":[null,1.5,"$$(HOME)"],"record":800}'
"""As the pod's spec has it; the API server sorts the keys of what it stores."""


def given(stage: Stage) -> list[tuple[str, str, str | None]]:
    """Life and number of each attempt, in order, with the checkpoint that it was given."""
    found: dict[tuple[str, str], str | None] = {}
    for sight in stage.history.of("pods"):
        labels = sight.body["metadata"]["labels"]
        environment = {e["name"]: e.get("value", "") for e in sight.body["spec"]["containers"][0]["env"]}
        found[labels[names.REDRIVES_LABEL], labels[names.ATTEMPT_LABEL]] = environment.get("QUEUEDJOB_CHECKPOINT")
    return [(*attempt, checkpoint) for attempt, checkpoint in found.items()]


async def told(stage: Stage) -> list[tuple[str, str]]:
    """Type and reason of the job's Events, in order."""
    events = (await stage.admin.get(paths.events(stage.namespace)))["items"]
    ours: list[Any] = [e for e in events if e["regarding"]["kind"] == "QueuedJob"]
    return [(e["type"], e["reason"]) for e in sorted(ours, key=lambda e: e["eventTime"])]


async def test_a_checkpoint_reaches_the_next_attempt_the_letter_and_the_next_life(theatre: Theatre) -> None:
    dies = ends(exited(75, SAID), exited(65, "no such record"))
    async with theatre.stage(by_life(dies, ends(exited(75), SUCCEEDS))) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        dead = (await stage.reaches("job", "DeadLettered"))["status"]
        assert (dead["checkpoint"], dead["progress"]) == (CHECKPOINT, {"done": 800, "total": 1000})
        assert dead["progressSummary"] == "800/1000"
        (letter,) = await stage.until("a letter is filed", lambda: stage.history.letters)
        assert letter["spec"]["checkpoint"] == CHECKPOINT
        await stage.change("job", retry={"maxAttempts": 9})
        done = (await stage.reaches("job", "Succeeded"))["status"]
        assert done["checkpoint"] == CHECKPOINT
        assert {"progress", "progressSummary"} & done.keys() == set()
        assert given(stage) == [("0", "1", None), ("0", "2", GIVEN), ("1", "1", GIVEN), ("1", "2", GIVEN)]
        await stage.is_at_rest()
        stage.check()


async def test_a_result_is_kept_and_nothing_is_told_of_what_is_right(theatre: Theatre) -> None:
    result = '{"result": {"rows": 42, "failed": [], "note": null}, "reason": "Sent", "message": "to 42 readers"}'
    async with theatre.stage(ends(exited(0, result))) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        done = (await stage.reaches("job", "Succeeded"))["status"]
        assert done["result"] == {"rows": 42, "failed": [], "note": None}
        (attempt,) = done["attempts"]
        assert (attempt["reason"], attempt["message"]) == ("Sent", "The main container ended with 0: to 42 readers")
        assert await told(stage) == []


async def test_the_jobs_own_class_decides_and_what_it_said_wrongly_is_told(theatre: Theatre) -> None:
    said = '{"class": "permanent", "reason": "no address", "retryAfter": "soon", "checkpoint": ""}'
    async with theatre.stage(ends(exited(75, said))) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        dead = (await stage.reaches("job", "DeadLettered", "Permanent"))["status"]
        (attempt,) = dead["attempts"]
        assert (attempt["class"], attempt["rule"], attempt["reason"]) == ("Permanent", "says-permanent", "NoAddress")
        assert dead["checkpoint"] == ""
        await stage.is_at_rest()
        assert sorted(await told(stage)) == [("Warning", "DeadLettered"), ("Warning", "MessageIgnored")]


async def test_a_job_waits_as_long_as_it_asked(theatre: Theatre) -> None:
    async with theatre.stage(ends(exited(1, '{"class": "RateLimited", "retryAfter": "1500ms"}'), SUCCEEDS)) as stage:
        await stage.steady_operator()
        await stage.apply(a_job())
        waiting = (await stage.reaches("job", "Waiting", "Backoff"))["status"]
        assert waiting["message"].endswith(", as it asked to wait 1s500ms")
        await stage.reaches("job", "Succeeded")
        first, second = sorted(stage.history.pods, key=lambda pod: int(pod["metadata"]["labels"][names.ATTEMPT_LABEL]))
        assert second["metadata"]["creationTimestamp"] >= waiting["nextAttemptTime"][:19]
        assert first["metadata"]["uid"] != second["metadata"]["uid"]
