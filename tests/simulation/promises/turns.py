"""Promises about turns: what one namespace does costs another one no time, and no write waits for an Event."""

from collections.abc import Iterator
from typing import Final

from tests.simulation import troubles
from tests.simulation.crowd import QUIET
from tests.simulation.promises.history import Breach, History, is_held, settled_in
from tests.simulation.simulation import Simulation

_SOON: Final = 5.0
"""Seconds. Without trouble it takes a tenth: a turn of each other namespace, and a few requests. A handler that hangs
holds its worker for half a second."""


def a_quiet_namespace_waits_for_no_other(simulation: Simulation, history: History) -> Iterator[Breach]:
    """A new job of a namespace with few jobs gets its first pod soon, however many jobs another namespace has, and
    whichever of its calls hang."""
    if not _is_a_crowd(simulation):
        return
    for job in history.jobs.values():
        if job.namespace != QUIET:
            continue
        pods = [pod.first.at for pod in history.pods_of(job.uid)]
        waited = min(pods, default=simulation.loop.time()) - job.first.at
        if waited > _SOON:
            words = f"{job.name} waited {waited:.1f} s for its first pod"
            yield Breach("a_quiet_namespace_waits_for_no_other", job.first.at + _SOON, job.first.revision, words)


def no_write_waits_for_an_event(simulation: Simulation, history: History) -> Iterator[Breach]:
    """A pod is released soon after its end is settled, though the Event that tells of this end may hang. Nothing is
    released before the late bound has passed since the start, or since a POST of a pod that hangs."""
    if not _is_a_crowd(simulation) or simulation.scenario.rate(troubles.HANG) > 0:
        return
    bound = simulation.witness.remarks[0].at + simulation.scenario.settings.late_bound
    for pod in history.pods.values():
        released = next((v.at for v in pod.versions if v.body is None or not is_held(v.body)), simulation.loop.time())
        settled = _settled_at(history, pod.job, pod.uid)
        if settled is None:
            continue
        waited = released - max(settled, bound)
        if waited > _SOON:
            words = f"{pod.name} was released {waited:.1f} s after its end was settled"
            yield Breach("no_write_waits_for_an_event", settled + _SOON, pod.first.revision, words)


def _settled_at(history: History, job: str, pod: str) -> float | None:
    for version in history.jobs[job].versions:
        if any(entry.get("podUID") == pod for entry in settled_in(version.status)):
            return version.at
    return None


def _is_a_crowd(simulation: Simulation) -> bool:
    return simulation.scenario.rate(troubles.FLOOD) > 0


PROMISES: Final = (a_quiet_namespace_waits_for_no_other, no_write_waits_for_an_event)
