"""What one job asks for next: one chain of links, each of which answers or leaves it to the next.

Level-triggered: the chain looks at what is, not at what happened, so planning twice on the same facts asks for the
same, and a plan cut short anywhere is taken up by the next one. The order of the links is the order of writes that
keeps the promises (docs/protocol.md); each rule there answers a way to lose or to double work.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from queuedjob.policy.job.chain import cleanup, deadline_warning, end, show_status, start, stop
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import JobPods, sort_pods
from queuedjob.policy.job.spec_warnings import with_events
from queuedjob.policy.job.steps import Step, Wait

Link: TypeAlias = Callable[[JobFacts, JobPods], Step | None]
"""Answers with what to do, with how long nothing is to be done as far as it can see (Wait), or with nothing."""

CHAIN: Final[tuple[Link, ...]] = (
    stop.catch_up,
    stop.look_for_missing_pods,
    stop.restore_labels,
    stop.stop_what_must_not_run,
    end.settle_ended_attempt,
    end.settle_refused_attempt,
    end.file_owed_letter,
    cleanup.release_settled,
    start.run_dead_job_again,
    cleanup.delete_pods_beyond_history,
    cleanup.delete_expired_job,
    start.suspend_or_resume,
    end.end_without_an_attempt,
    start.create_attempt,
    cleanup.mark_redriven_letters,
    show_status.show,
    deadline_warning.warn_of_deadline,
)


def plan(facts: JobFacts) -> Step:
    """The first step that `facts` ask for, else how long to wait."""
    pods = sort_pods(facts.job, facts.pods)
    soonest: float | None = None
    for link in CHAIN:
        step = link(facts, pods)
        if isinstance(step, Wait):
            if step.seconds is not None:
                soonest = step.seconds if soonest is None else min(soonest, step.seconds)
        elif step is not None:
            return with_events(facts.job, step)
    return Wait(soonest)
