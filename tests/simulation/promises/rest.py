"""Promises about the end of a history: troubles are over, and everything has had enough time."""

from collections.abc import Iterator
from typing import Final

from queuedjob.api import names
from tests.simulation.apiserver.storage import Snapshot
from tests.simulation.captured_logs import BROKEN
from tests.simulation.pods import is_live
from tests.simulation.promises.history import DEAD, TERMINAL, Breach, History, Version, controller_of, is_held
from tests.simulation.settling import is_shown_as_unreadable, waits_for_an_unreadable_job
from tests.simulation.simulation import Simulation

_CALM: Final = 60.0
"""The last seconds of a history at rest, in which the operator only checks whether all is well."""

_SOON: Final = 90.0
"""Seconds in which the operator stops a pod in the calm, also where it has to be started first."""

_LOOKS: Final = 45
"""Requests that it needs for these checks: a probe every 10 s, and with the shortest intervals three resyncs, each with
eight requests for the pages of large jobs, and a sweep."""


def nothing_breaks(simulation: Simulation, _: History) -> Iterator[Breach]:
    """The operator runs on, and no reconcile ends in an unexpected error."""
    for remark in simulation.witness.remarks:
        if remark.kind == BROKEN:
            yield Breach("nothing_breaks", remark.at, remark.revision, remark.words)


def everything_comes_to_rest(simulation: Simulation, _: History) -> Iterator[Breach]:
    """Once troubles stop, every job reaches a terminal phase, or stays suspended as its spec asks, in bounded time.

    After that, the operator writes nothing more.
    """
    if not simulation.settled:
        yield _breach(
            everything_comes_to_rest, simulation, "; ".join(simulation.unfinished()) or "the operator goes on writing"
        )


def rest_is_quiet(simulation: Simulation, _: History) -> Iterator[Breach]:
    """At rest, the operator sends few requests: it does not poll what it can wait for."""
    since = simulation.loop.time() - _CALM
    asked = [a for a in simulation.witness.asked if a.user == "operator" and a.at >= since]
    if simulation.settled and len(asked) > _LOOKS:
        paths = sorted({f"{a.request.method} {a.request.path}" for a in asked})
        yield _breach(rest_is_quiet, simulation, f"{len(asked)} requests in {_CALM:.0f} s: {', '.join(paths)[:300]}")


def no_finalizer_is_left(simulation: Simulation, history: History) -> Iterator[Breach]:
    """No pod that has ended has our finalizer: it is counted, a stray or an orphan, and all of these are released."""
    for pod in _pods(simulation, history):
        waits = waits_for_an_unreadable_job(pod, simulation.cluster.jobs)
        if is_held(pod.body) and not is_live(pod.body) and not waits:
            yield _breach(no_finalizer_is_left, simulation, f"pod {pod.name} has ended, and is held")


def nothing_runs_that_must_not(simulation: Simulation, history: History) -> Iterator[Breach]:
    """Suspended, cancelled, ended and deleted jobs have no live pod."""
    for pod in _pods(simulation, history):
        if is_live(pod.body):
            run = history.pods[pod.uid]
            job = history.jobs[run.job].last
            suspended = job.spec.get("suspend") or job.spec.get("cancel")
            if job.body is None or suspended or job.status.get("phase") in TERMINAL:
                yield _breach(nothing_runs_that_must_not, simulation, f"pod {pod.name} lives")


def a_held_job_is_stopped_as_it_asks(simulation: Simulation, history: History) -> Iterator[Breach]:
    """In the calm, the pod of a cancelled job that a finalizer holds is stopped soon: its deletion is no excuse."""
    calm = next(remark.at for remark in simulation.witness.remarks if remark.kind == "calm")
    for pod in history.pods.values():
        job = history.jobs[pod.job]
        asked = next((v.at for v in job.versions if _is_held_job(v) and v.spec.get("cancel")), None)
        if asked is None:
            continue
        due = max(asked, calm, pod.first.at) + _SOON
        if due > simulation.loop.time() or (job.gone and job.last.at < due):
            continue
        seen = [version for version in pod.versions if version.at <= due][-1].body
        if seen is None or not is_live(seen) or "deletionTimestamp" in seen["metadata"]:
            continue
        if (controller_of(seen) or {}).get("uid") == pod.job:
            yield _breach(a_held_job_is_stopped_as_it_asks, simulation, f"pod {pod.name} runs on")


def _is_held_job(version: Version) -> bool:
    return version.body is not None and "deletionTimestamp" in version.body["metadata"]


def every_end_was_counted(simulation: Simulation, history: History) -> Iterator[Breach]:
    """Every pod of a job that still exists is counted, or was a stray, or another client removed its finalizer."""
    for pod in history.pods.values():
        job = history.jobs[pod.job].last
        if job.body is None or pod.name in history.freed:
            continue
        entries = {e.get("podUID") for v in history.jobs[pod.job].versions for e in v.status.get("attempts") or ()}
        born = history.jobs[pod.job].at(pod.first.revision)
        assert born is not None
        over = born.body is None or born.status.get("phase") in TERMINAL
        if pod.uid not in entries and not over:
            yield _breach(every_end_was_counted, simulation, f"pod {pod.name} is in no status that ever was")


def the_status_says_why(simulation: Simulation, _: History) -> Iterator[Breach]:
    """A job has a phase with a reason and matching conditions, and a dead job names its dead letter."""
    for job in simulation.cluster.jobs:
        status, phase = job.body["status"], job.body["status"].get("phase")
        if not status.get("reason") and phase != "Pending":
            yield _breach(the_status_says_why, simulation, f"{job.name} is {phase}, and nobody says why")
        if phase in DEAD and not job.deleting and not (status.get("deadLetterRef") or {}).get("uid"):
            yield _breach(the_status_says_why, simulation, f"{job.name} is {phase}, and names no letter")
        true = {c["type"] for c in status.get("conditions") or () if c["status"] == "True"}
        if not is_shown_as_unreadable(status) and not true & _CONDITIONS.get(phase, {"Reconciling", "Suspended"}):
            yield _breach(the_status_says_why, simulation, f"{job.name} is {phase} with conditions {sorted(true)}")


_CONDITIONS: Final = {
    "Succeeded": {"Complete"},
    "Cancelled": {"Failed"},
    "DeadLettered": {"Failed"},
    "Quarantined": {"Failed"},
}


def letters_of_earlier_runs_are_marked(simulation: Simulation, history: History) -> Iterator[Breach]:
    """A dead letter is not Dead any more once its job has run again."""
    for letter in simulation.cluster.letters:
        if letter.uid not in history.letters:
            continue
        ref = letter.body["spec"]["jobRef"]
        job = history.jobs[ref["uid"]].last
        redrives = (job.status.get("counters") or {}).get("redrives", 0)
        if job.body is not None and ref.get("redrives", 0) < redrives and letter.body["status"]["phase"] == "Dead":
            yield _breach(
                letters_of_earlier_runs_are_marked, simulation, f"{letter.name} is Dead, and its job ran again"
            )


def history_is_kept_short(simulation: Simulation, history: History) -> Iterator[Breach]:
    """No more ended pods are kept than podHistoryLimit allows.

    Excused: pods whose labels or controller reference users removed or changed after the release: no finalizer holds
    them, no watch shows them, or nothing says whose they are.
    """
    for job in simulation.cluster.jobs:
        limit = job.body["spec"].get("podHistoryLimit", 3)
        kept = [
            pod.name
            for pod in simulation.cluster.pods
            if pod.uid in history.pods
            and (controller_of(pod.body) or {}).get("uid") == job.uid == pod.labels.get(names.JOB_UID_LABEL)
            and names.JOB_LABEL in pod.labels
            and not is_live(pod.body)
            and not pod.deleting
        ]
        if len(kept) > limit and not job.deleting:
            yield _breach(history_is_kept_short, simulation, f"{job.name} keeps {len(kept)} pods of {limit}")


def memory_holds_nothing_of_what_is_gone(simulation: Simulation, _: History) -> Iterator[Breach]:
    """After users deleted everything and the bounds have passed, the operator keeps no object, no fact and no key."""
    if simulation.held is not None and any(simulation.held.values()):
        yield _breach(memory_holds_nothing_of_what_is_gone, simulation, f"the operator keeps {simulation.held}")


def _pods(simulation: Simulation, history: History) -> list[Snapshot]:
    """The operator's pods that exist at the end; empty if the history did not come to rest."""
    return [pod for pod in simulation.cluster.pods if pod.uid in history.pods] if simulation.settled else []


def _breach(promise: object, simulation: Simulation, words: str) -> Breach:
    return Breach(
        str(getattr(promise, "__name__", promise)), simulation.loop.time(), simulation.witness.revision, words
    )


PROMISES: Final = (
    nothing_breaks,
    everything_comes_to_rest,
    rest_is_quiet,
    no_finalizer_is_left,
    nothing_runs_that_must_not,
    a_held_job_is_stopped_as_it_asks,
    every_end_was_counted,
    the_status_says_why,
    letters_of_earlier_runs_are_marked,
    history_is_kept_short,
    memory_holds_nothing_of_what_is_gone,
)
