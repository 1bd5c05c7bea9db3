"""What would follow if the next attempt ended in a given way. The operator's own plan answers, for an invented pod."""

from dataclasses import dataclass, replace
from typing import Final

from queuedjob.api.identity import pod_name
from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import Counters, JobStatus
from queuedjob.policy.facts import Container, ContainerRole, ExtraEvidence, Pod, Termination
from queuedjob.policy.failure.pod_end import DEADLINE_EXCEEDED
from queuedjob.policy.job.chain.end import settle_ended_attempt
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import WriteStatus
from queuedjob.policy.time_math import earlier

_UNKNOWN: Final = "unknown"
"""UID and node of the invented pod."""


@dataclass(frozen=True, slots=True)
class GivenEnd:
    """An end as a user gives it on the command line. A field that is not given is empty."""

    exit_code: int | None = None
    signal: int = 0
    reason: str = ""
    """Reason of the container."""
    message: str = ""
    """Termination message of the container."""
    pod_reason: str = ""
    pod_message: str = ""
    container: str = ""
    """Name of the main container."""

    @property
    def of_container(self) -> bool:
        """Whether a container ran. An evicted or rejected pod may have had none; a pod past its deadline had one."""
        return (
            not self.pod_reason
            or self.pod_reason == DEADLINE_EXCEEDED
            or replace(self, pod_message="", container="") != GivenEnd(pod_reason=self.pod_reason)
        )

    @property
    def code(self) -> int:
        """The exit code. If only a signal is given, the code that a shell reports for it."""
        if self.exit_code is not None:
            return self.exit_code
        return 128 + self.signal if self.signal else 1


_NOTHING_FOUND: Final = ExtraEvidence(log="", events=())
"""A given end has no log and no Events."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The pod of the next attempt, ended as given, and the status that the operator would write."""

    pod: Pod
    status: JobStatus


def what_if(facts: JobFacts, end: GivenEnd) -> WhatIf:
    """End the next attempt of the job in `facts`, or the current one, now as `end`. Leave out jitter."""
    fresh = replace(facts, job=replace(facts.job, status=_unfinished(facts.job.status)), letters=(), refusal=None)
    pod = _pod(fresh, end)
    asked = replace(fresh, pods=(pod,), extra_evidence={pod.uid: _NOTHING_FOUND}, spread=0.0)
    step = settle_ended_attempt(asked, sort_pods(asked.job, asked.pods))
    if not isinstance(step, WriteStatus):
        raise TypeError(f"an ended pod asks for {step}")
    return WhatIf(pod, step.status)


def _unfinished(status: JobStatus) -> JobStatus:
    """The status to decide on. A job that has ended runs again only as if it were new."""
    if not phases.is_terminal(status.phase):
        return status
    return JobStatus(counters=Counters(redrives=status.counters.redrives + 1))


def _pod(facts: JobFacts, end: GivenEnd) -> Pod:
    job, now = facts.job, facts.now.late
    number = job.status.counters.pods + 1
    termination = Termination(
        exit_code=end.code,
        reason=end.reason or ("Error" if end.code else "Completed"),
        message=end.message,
        signal=end.signal,
        started=earlier(now, 1),
        finished=now,
    )
    main = Container(end.container or "main", ContainerRole.MAIN, terminated=termination)
    name = pod_name(job.name, job.uid, job.status.counters.redrives, number)
    return Pod(
        uid=_UNKNOWN,
        name=name,
        namespace=job.namespace,
        resource_version=0,
        created=earlier(now, 1),
        owner_uid=job.uid,
        owner_name=job.name,
        number=number,
        name_hash=name.rsplit("-", 2)[1],
        generation=job.generation,
        spec_hash=job.spec_hash,
        node=_UNKNOWN,
        phase="Failed" if end.code or end.pod_reason else "Succeeded",
        reason=end.pod_reason,
        message=end.pod_message,
        start_time=earlier(now, 1),
        containers=(main,) if end.of_container else (),
    )
