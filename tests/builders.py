"""Pods and jobs for tests of decisions, built by steps: `a_pod().exited(75)`, `a_job().suspended().pod().running()`.

A builder is the Pod or the Job itself: each step returns a new one. Events happen in the order of the steps, and the
times follow: jobs and pods are created, and pods start, at NOON. An exit comes ten seconds later, or just after the
event before it (a deadline, a deletion, a disruption).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from queuedjob.api.identity import letter_name, name_hash, pod_name
from queuedjob.api.kinds.queuedjob import FailurePolicy, JobTerms
from queuedjob.api.kinds.queuedjob_status import Attempt, Counters, DeadLetterRef, FailedSpec, JobStatus
from queuedjob.policy.facts import (
    Checks,
    Container,
    ContainerRole,
    ExtraEvidence,
    Letter,
    Pod,
    StopReason,
    Termination,
)
from queuedjob.policy.failure.rules import Rule
from queuedjob.policy.failure.user_rules import user_rules
from queuedjob.policy.job.inputs import Job, JobFacts, Late, Limits, Refusal, RefusalKind
from queuedjob.policy.job.plan import Link
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import Step, WriteStatus
from queuedjob.policy.time_math import ServerNow
from queuedjob.settings import Settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRACE = 30


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def a_pod(name: str = "j", number: int = 1, *, name_hash: str = "abcdefghij") -> "APod":
    """A new pod of the operator, not scheduled yet. `name` is the name of its job."""
    return APod(
        uid=f"{name}-pod-{number}",
        name=f"{name}-{name_hash}-{number}",
        namespace="default",
        resource_version=100 + number,
        created=NOON,
        owner_uid=f"{name}-uid",
        owner_name=name,
        number=number,
        name_hash=name_hash,
        generation=1,
        deadline_seconds=1800,
    )


@dataclass(frozen=True, slots=True)
class APod(Pod):
    # --- the course of its containers

    def scheduled(self, node: str = "node") -> Self:
        """The pod has a node, and the kubelet has acknowledged it."""
        return replace(self, node=node, start_time=self.start_time or self.created)

    def waiting(self, reason: str, message: str = "") -> Self:
        """The main container cannot start, and its status gives the reason."""
        return self.scheduled()._main(waiting_reason=reason, waiting_message=message)

    def running(self, since: datetime | None = None) -> Self:
        pod = replace(self.scheduled(), phase="Running")
        return pod._main(running_since=since or pod.start_time)

    def exited(self, code: int, *, reason: str = "", message: str = "", signal: int = 0, after: float = 10) -> Self:
        """The main container ended, `after` seconds from its start or just after the event before that ended it."""
        pod = self.running()
        finished = self._strikes() or (self._started() + seconds(after))
        end = Termination(
            exit_code=code,
            reason=reason or ("Error" if code else "Completed"),
            message=message,
            signal=signal,
            started=self._started(),
            finished=finished,
        )
        phase = "Failed" if code or self.phase == "Failed" else "Succeeded"
        ended = replace(pod, phase=phase)._main(terminated=end)
        if self.deletion_time is not None:  # the kubelet's last DELETE rewrites it: failure catalogue J21
            return replace(ended, deletion_time=finished + seconds(1), deletion_grace=0)
        return ended

    def succeeded(self, *, after: float = 10) -> Self:
        return self.exited(0, after=after)

    def oom_killed(self, *, message: str = "") -> Self:
        return self.exited(137, reason="OOMKilled", message=message)

    def saying(self, failure: str = "", *, code: int = 1, how: str = "", **said: object) -> Self:
        """The main container exited with `code`. Its termination message has class `failure` and the keys `said`."""
        message = json.dumps({"class": failure, **said})
        return self.exited(code, reason=how, message=message)

    def start_error(self, message: str = 'exec: "nope": executable file not found in $PATH') -> Self:
        """The runtime could not start the command: exit code 128, and no start time (the kubelet reports 1970)."""
        pod = self.exited(128, reason="StartError", message=message)
        end = pod._end()
        return pod._main(terminated=replace(end, started=None))

    def lost(self) -> Self:
        """The kubelet could not find the container, and invents an end."""
        words = "The container could not be located when the pod was terminated"
        end = Termination(137, "ContainerStatusUnknown", words)
        return replace(self.scheduled(), phase="Failed")._main(terminated=end)

    def init_failed(self, code: int, *, reason: str = "Error", message: str = "", name: str = "init") -> Self:
        """An init container failed; the main container never ran."""
        pod = self.waiting("PodInitializing")
        end = Termination(code, reason, message, started=pod.start_time, finished=pod.created + seconds(5))
        init = Container(name, ContainerRole.INIT, terminated=end)
        return replace(pod, phase="Failed", containers=(init, *pod.containers))

    def beside(
        self, role: ContainerRole, code: int | None = None, *, reason: str = "", name: str = "other", message: str = ""
    ) -> Self:
        """Add another container, still running or ended with `code`. While it runs, the pod runs too."""
        started = self._started()
        if code is None:
            other = Container(name, role, running_since=started)
            return replace(self, phase="Running", containers=(*self.containers, other))
        end = Termination(code, reason, message, started=started, finished=started + seconds(8))
        pod = replace(self, containers=(*self.containers, Container(name, role, terminated=end)))
        return replace(pod, phase="Failed") if code and role is ContainerRole.REGULAR else pod

    # --- what happens to it from outside

    def deadline_exceeded(self, *, by_total: bool = False) -> Self:
        """The pod's deadline passed. If main runs, `.exited()` follows; before its start, `.lost()`."""
        words = "Pod was active on the node longer than the specified deadline"
        pod = replace(self.scheduled(), phase="Failed", reason="DeadlineExceeded", message=words)
        return replace(pod, deadline_by_total=by_total)

    def deleted(self, *, at: datetime | None = None, grace: int = GRACE) -> Self:
        """A client deleted the pod, a minute after its end (or its start, if it has not ended). An exit may follow."""
        finished = next((each.finished for each in self._ends() if each.finished is not None), None)
        asked = at or ((finished or self._started()) + seconds(60))
        # no node or an end: the API server gives no grace period (pkg/registry/core/pod/strategy.go)
        grace = 0 if not self.node or self.phase in {"Succeeded", "Failed"} else grace
        return replace(self, deletion_time=asked + seconds(grace), deletion_grace=grace)

    def stopped_by_us(self, reason: StopReason | str) -> Self:
        """The operator wrote the reason for the stop, and deleted the pod."""
        pod = replace(self, stop_reason=str(reason))
        return pod if pod.deletion_time is not None else pod.deleted()

    def disrupted(self, reason: str = "EvictionByEvictionAPI", *, at: datetime | None = None) -> Self:
        """Condition DisruptionTarget turned True, a minute after main's end (or its start, if it has not ended)."""
        time = at or self._later()
        return replace(self, disruption=(reason, f"{reason}: words"), disruption_time=time, latest_condition_time=time)

    def evicted(self) -> Self:
        """The kubelet evicted the pod because the node was low on memory, and set the condition."""
        return self.evicted_saying("The node was low on resource: memory").disrupted("TerminationByKubelet")

    def evicted_saying(self, words: str) -> Self:
        """The kubelet evicted the pod with this message, and set no condition."""
        return replace(self.scheduled(), phase="Failed", reason="Evicted", message=words)

    def rejected(self, reason: str = "OutOfcpu") -> Self:
        """The kubelet did not admit the pod: no container has a status, no condition was set."""
        words = f"Pod was rejected: {reason}"
        return replace(self.scheduled(), phase="Failed", reason=reason, message=words, containers=())

    def vanished(self) -> Self:
        """A GET of the pod's name returned 404."""
        return replace(self, confirmed_gone=True)

    # --- its other fields

    def owned_by(self, uid: str, name: str = "j") -> Self:
        return replace(self, owner_uid=uid, owner_name=name)

    def unheld(self) -> Self:
        return replace(self, has_finalizer=False, finalizer_index=None)

    def unlabelled(self) -> Self:
        return replace(self, labelled=False)

    def gated(self, *gates: str) -> Self:
        """Scheduling gates keep the pod from the scheduler, which says so as it does of a pod that fits nowhere."""
        return replace(self, gates=gates, unschedulable="Scheduling is blocked due to non-empty scheduling gates")

    def not_schedulable(self, words: str = "0/1 nodes are available: 1 Insufficient cpu.") -> Self:
        return replace(self, unschedulable=words)

    def probed(self, soonest: float = 0) -> Self:
        """A probe or hook of main's own can have it killed, after `soonest` seconds at the earliest."""
        return self._of_main(checks=Checks(soonest))

    def watched(self, soonest: float = 0) -> Self:
        """Main has the operator's liveness probe, for heartbeats."""
        return self._of_main(checks=Checks(soonest, marks=True, marks_all=True))

    def message_only(self) -> Self:
        """Main has terminationMessagePolicy File: without a message, the kubelet does not read its log."""
        return self._of_main(message_only=True)

    # --- its parts

    def _of_main(self, **fields: Any) -> Self:  # noqa: ANN401 - of a container
        main = self.main or Container("main", ContainerRole.MAIN)
        new = replace(main, **fields)
        others = [new if each is main else each for each in self.containers]
        return replace(self, containers=tuple(others) if self.main else (new, *others))

    def _main(
        self,
        *,
        waiting_reason: str = "",
        waiting_message: str = "",
        running_since: datetime | None = None,
        terminated: Termination | None = None,
    ) -> Self:
        main = self.main or Container("main", ContainerRole.MAIN)
        new = replace(
            main,
            waiting_reason=waiting_reason,
            waiting_message=waiting_message,
            running_since=running_since,
            terminated=terminated,
        )
        others = [new if each is main else each for each in self.containers]
        return replace(self, containers=tuple(others) if self.main else (new, *others))

    def _end(self) -> Termination:
        main = self.main
        assert main is not None
        assert main.terminated is not None
        return main.terminated

    def _ends(self) -> Sequence[Termination]:
        return [each.terminated for each in self.containers if each.terminated is not None]

    def _started(self) -> datetime:
        main = self.main
        since = main.running_since if main is not None else None
        return since or self.start_time or self.created

    def _strikes(self) -> datetime | None:
        """The moment just after the event that ends the container; None if there is no such event."""
        if self.reason == "DeadlineExceeded":
            return self._started() + seconds((self.deadline_seconds or 0) + 1)
        if self.deletion_time is not None:
            return self.deletion_time - seconds(self.deletion_grace or 0) + seconds(1)
        return self.disruption_time + seconds(1) if self.disruption_time is not None else None

    def _later(self) -> datetime:
        ends = [each.finished for each in self._ends() if each.finished is not None]
        return (max(ends) if ends else self._started()) + seconds(60)


# --- jobs


def a_job(name: str = "j") -> "AJob":
    """A new job with built-in terms, which no operator has looked at yet."""
    return AJob(
        uid=f"{name}-uid",
        name=name,
        namespace="default",
        resource_version=10,
        generation=1,
        created=NOON,
        deleting=False,
        terms=JobTerms(),
        spec_hash="v1-spec",
        policy_hash="v1-policy",
        status=JobStatus(),
    )


@dataclass(frozen=True, slots=True)
class AJob(Job):
    def pod(self, number: int = 1, *, run: int | None = None) -> APod:
        """The new pod of an attempt. `run` sets another redrive count than the job's."""
        redrives = self.status.counters.redrives if run is None else run
        pod = a_pod(self.name, number, name_hash=name_hash(self.uid, redrives))
        name = pod_name(self.name, self.uid, redrives, number)
        return replace(pod, uid=f"{name}-uid", name=name, owner_uid=self.uid, spec_hash=self.spec_hash)

    def letter(self, *, run: int | None = None, phase: str = "Dead", resolved: bool = False) -> Letter:
        """A filed dead letter of this job. `run` sets another redrive count than the job's."""
        redrives = self.status.counters.redrives if run is None else run
        name = letter_name(self.name, self.uid, redrives)
        return Letter(f"{name}-uid", name, self.namespace, 50, self.uid, redrives, phase, resolved)

    # --- its spec

    def asking(self, **terms: object) -> Self:
        """Set terms as in a manifest, with the Python names: `asking(retry={"max_attempts": 2})`."""
        merged = {**self.terms.model_dump(exclude_unset=True), **terms}
        return replace(self, terms=JobTerms.model_validate(merged))

    def edited(self, *, frozen: bool = False, **terms: object) -> Self:
        """A later generation with these terms. `frozen`: a frozen field (for example the template) changed too."""
        job = replace(self.asking(**terms), generation=self.generation + 1)
        if frozen:
            return replace(job, spec_hash=f"{self.spec_hash}'")
        changed = (job.terms.retry, job.terms.timeouts) != (self.terms.retry, self.terms.timeouts)
        return replace(job, policy_hash=f"{self.policy_hash}'") if changed else job

    def suspended(self) -> Self:
        return self.edited(suspend=True)

    def resumed(self) -> Self:
        return self.edited(suspend=False)

    def cancelled(self) -> Self:
        return self.edited(cancel=True)

    def being_deleted(self, *held_by: str) -> Self:
        return replace(self, deleting=True, held_by=held_by)

    def annotated(self, retry_now: str) -> Self:
        """The job with the annotation that asks for the next attempt now."""
        return replace(self, retry_now=retry_now)

    # --- its status

    def saying(self, **status: object) -> Self:
        """Set these keys of the status; `observed_generation` is the current generation, unless given."""
        seen = {"observed_generation": self.generation, **status}
        return replace(self, status=self.status.model_copy(update=seen))

    def after(self, step: Step) -> Self:
        """The job after `step`, a status write, has been applied."""
        assert isinstance(step, WriteStatus), step
        return replace(self, status=step.status, resource_version=self.resource_version + 1)

    def having_settled(self, *pods: Pod, counted: bool = True, failure: str = "Transient") -> Self:
        """These pods are in the status as attempts that ended ten seconds after NOON."""
        entries = tuple(an_attempt(pod, failure=failure, counted=counted) for pod in pods)
        counters = self.status.counters.model_copy(
            update={
                "pods": max((p.number or 0 for p in pods), default=0),
                "attempts": len(pods) if counted else 0,
            }
        )
        return self.saying(phase="Waiting", reason="Retrying", attempts=entries, counters=counters)

    def showing(self, pod: Pod) -> Self:
        """The pod is in the status as the live attempt."""
        entry = an_attempt(pod, failure="").model_copy(update={"finish_time": None, "counted": False, "rule": ""})
        return self.saying(
            phase="Running", reason="AttemptRunning", attempts=(*self.status.attempts, entry), start_time=NOON
        )

    def in_run(self, redrives: int) -> Self:
        """The job has been redriven `redrives` times."""
        return self.saying(counters=Counters(redrives=redrives))

    def succeeded(self) -> Self:
        return self.saying(phase="Succeeded", reason="Succeeded", finish_time=NOON + seconds(10))

    def dead(self, reason: str = "MaxAttempts", *, filed: bool = True) -> Self:
        """The job died ten seconds after NOON. `filed`: the UID of its dead letter is in the status."""
        letter = self.letter()
        return self.saying(
            phase="Quarantined" if reason == "PoisonPill" else "DeadLettered",
            reason=reason,
            finish_time=NOON + seconds(10),
            dead_letter_ref=DeadLetterRef(name=letter.name, uid=letter.uid if filed else ""),
            failed_spec=FailedSpec(generation=self.generation, spec_hash=self.spec_hash, policy_hash=self.policy_hash),
        )


def an_attempt(pod: Pod, *, failure: str = "Transient", rule: str = "exit-temporary", counted: bool = True) -> Attempt:
    """The entry of an attempt that ended ten seconds after NOON. `failure` is its class, empty for a success."""
    return Attempt(
        number=pod.number or 0,
        pod_name=pod.name,
        pod_uid=pod.uid,
        node_name=pod.node,
        generation=1,
        create_time=pod.created,
        start_time=NOON,
        finish_time=NOON + seconds(10),
        class_=failure,
        rule=rule,
        counted=counted,
    )


def own_rule(name: str, class_: str, **said: object) -> Rule:
    """One of a job's own rules, with the Python names: `own_rule("busy", "Crash", exit_codes=[3])`."""
    (rule,) = user_rules(FailurePolicy.model_validate({"rules": [{"name": name, "class": class_, **said}]}))
    return rule


# --- the input and the links of a plan


def facts(
    job: Job,
    *pods: Pod,
    at: float = 20,
    letters: Sequence[Letter] = (),
    extra_evidence: Mapping[str, ExtraEvidence] | None = None,
    previous: Sequence[Pod] = (),
    previous_late: float = 0,
    late: Late | None = None,
    refusal: Refusal | None = None,
    letter_refusal: Refusal | None = None,
    refused_writes: Mapping[str, Refusal] | None = None,
    spread: float = 0,
    unsure: float = 0,
    limits: Limits | None = None,
    warned: str = "",
) -> JobFacts:
    """The job and its pods, `at` seconds after NOON; the server's time may be up to `unsure` seconds later."""
    now = NOON + seconds(at)
    return JobFacts(
        job=job,
        now=ServerNow(now, now + seconds(unsure)),
        pods=pods,
        letters=tuple(letters),
        extra_evidence=extra_evidence or {},
        previous=tuple(previous),
        previous_late=previous_late,
        late=late or Late(),
        refusal=refusal,
        letter_refusal=letter_refusal,
        refused_writes=refused_writes or {},
        spread=spread,
        show_after=Settings().show_after,
        limits=limits or Settings().limits,
        warned=warned,
    )


def refused(
    kind: RefusalKind,
    reason: str = "QuotaExceeded",
    *,
    retry_in: float = 0,
    since: float = 0,
    latest: float | None = None,
    generation: int = 1,
    retry_now: str = "",
) -> Refusal:
    """A refusal by the API server, from `since` to `latest` seconds after NOON."""
    words, until = f"{reason}: the API server's words", NOON + seconds(since if latest is None else latest)
    return Refusal(kind, reason, words, NOON + seconds(since), retry_in, generation, until, retry_now)


def answer(link: Link, it: JobFacts) -> Step | None:
    """The step that one link of the plan returns, called alone."""
    return link(it, sort_pods(it.job, it.pods))
