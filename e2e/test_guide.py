"""The job in shell of docs/writing-jobs.md, on a real kubelet, exactly as the document shows it."""

from dev.harness.guide import shell_job
from e2e.env import Env, running_pod


def records(env: Env, pod: str) -> list[int]:
    """Return the records that an attempt worked on, from its log."""
    return [int(line.removeprefix("record ")) for line in env.kubectl.run("logs", pod).splitlines()]


def test_the_guides_job_goes_on_at_its_checkpoint_when_its_pod_is_deleted(env: Env) -> None:
    env.apply(shell_job())
    pod = running_pod(env, "records")
    env.until(lambda: len(records(env, pod)) > 2, "it works", lambda: "hardly", "records")
    env.kubectl.run("delete", "pod", pod, "--wait=false")
    job = env.reaches("records", "Succeeded", where={"counters.attempts": 1, "counters.disruptions": 1})
    status, (interrupted, done) = job["status"], job["status"]["attempts"]
    assert (interrupted["class"], interrupted["exitCode"]) == ("Disruption", 143)
    worked_on = records(env, done["podName"])
    assert worked_on[0] > 0
    assert worked_on == list(range(worked_on[0], 100))
    assert (status["result"], status["progress"]) == ({"records": 100}, {"done": 100, "total": 100})
