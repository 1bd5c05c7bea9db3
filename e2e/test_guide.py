"""The job in shell of docs/writing-jobs.md, on a real kubelet, as it stands there."""

from dev.harness.guide import shell_job
from e2e.env import World, running_pod


def records(world: World, pod: str) -> list[int]:
    """What an attempt worked on, as its log says."""
    return [int(line.removeprefix("record ")) for line in world.kubectl.run("logs", pod).splitlines()]


def test_the_guides_job_goes_on_at_its_checkpoint_when_its_pod_is_deleted(world: World) -> None:
    world.apply(shell_job())
    pod = running_pod(world, "records")
    world.until(lambda: len(records(world, pod)) > 2, "it works", lambda: "hardly", "records")
    world.kubectl.run("delete", "pod", pod, "--wait=false")
    job = world.reaches("records", "Succeeded", where={"counters.attempts": 1, "counters.disruptions": 1})
    status, (interrupted, done) = job["status"], job["status"]["attempts"]
    assert (interrupted["class"], interrupted["exitCode"]) == ("Disruption", 143)
    worked_on = records(world, done["podName"])
    assert worked_on[0] > 0
    assert worked_on == list(range(worked_on[0], 100))
    assert (status["result"], status["progress"]) == ({"records": 100}, {"done": 100, "total": 100})
