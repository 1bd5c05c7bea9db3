"""The next step of one job: a chain of links. Each link returns a step, or leaves the decision to the next link.

The plan is level-triggered: the chain reads the present state, not past events. So two plans on the same facts give
the same step, and the next plan continues a plan that was interrupted anywhere. The order of the links is the order of
writes that keeps the promises (docs/protocol.md). Each rule there prevents one way to lose work or to do it twice.

The docstring of `end.settle_ended_attempt` lists the steps that settle an attempt.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from queuedjob.policy.job.chain import cleanup, deadline_warning, end, note_deletion, show_status, start, stop
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import JobPods, sort_pods
from queuedjob.policy.job.steps import Step, Wait
from queuedjob.policy.job.warning_events import with_events

Link: TypeAlias = Callable[[JobFacts, JobPods], Step | None]
"""Returns what to do, or how long this link has nothing to do (Wait), or None."""

CHAIN: Final[tuple[Link, ...]] = (
    stop.catch_up,
    stop.look_for_missing_pods,
    note_deletion.note_deletion,
    stop.stop_what_must_not_run,
    end.settle_ended_attempt,  # steps 1 to 6 of settling an attempt
    end.settle_refused_attempt,
    end.file_owed_letter,
    start.run_dead_job_again,
    start.suspend_or_resume,
    end.end_without_an_attempt,
    start.end_wait,
    start.create_attempt,
    # Upkeep. It carries no promise to the job, so nothing above waits for it, and each write may fail alone.
    cleanup.restore_labels,
    cleanup.release_settled,  # step 7
    cleanup.mark_redriven_letters,
    cleanup.delete_pods_beyond_history,  # step 8
    cleanup.delete_expired_job,
    show_status.show,
    deadline_warning.warn_of_deadline,
)


def plan(facts: JobFacts) -> Step:
    """Return the first step that a link returns for `facts`; without one, how long to wait."""
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
