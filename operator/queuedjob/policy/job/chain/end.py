"""Links about the end of an attempt and of the job (protocol: Attempt n is settled, A bad end)."""

from queuedjob.api.identity import letter_name, pod_name
from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import Attempt, DeadLetterRef, FailedSpec
from queuedjob.policy.facts import ExtraEvidence
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import evidence_of, evidence_of_refusal
from queuedjob.policy.job.attempts import ended_entry
from queuedjob.policy.job.chain.settle import SpecVersion, end_now, ends_without_success, settle
from queuedjob.policy.job.chain.start import next_number
from queuedjob.policy.job.conditions import with_derived
from queuedjob.policy.job.inputs import JobFacts, RefusalKind
from queuedjob.policy.job.last_status import wait_for_last_status
from queuedjob.policy.job.missing_evidence import missing_evidence
from queuedjob.policy.job.pods import JobPods
from queuedjob.policy.job.steps import FileLetter, JudgeEnd, LookForPod, Step, Wait, WriteStatus
from queuedjob.policy.job.stops import spec_asks_for_a_stop


def settle_ended_attempt(facts: JobFacts, pods: JobPods) -> Step | None:
    """Settle the attempt of an ended pod (protocol: Attempt n is settled).

    The steps of the protocol are:

    1. Select a pod that has ended and is not settled (pods.py). A pod that is missing from the watch counts only when
       a GET has confirmed that it is gone. For a pod that is gone, wait until no late POST can create its name again.
       For a pod whose status still shows a running container, wait a few seconds for the complete status.
    2. Read once the evidence that the pod lacks, only where it decides (missing_evidence.py). The evidence is kept in
       memory, so after a restart it is read again.
    3. Classify the end. With patterns this takes too long for a plan, and is a step of its own.
    4. Build the entry of the attempt, and add the attempt to the counters.
    5. With these counters, decide the end of the job; without an end, decide the retry with its time.
    6. Return one status write with the results of steps 4 and 5. A write of Cancelled or of a bad end waits while
       another pod of the job is live.
    7. Only when the status holds the entry, a later plan removes the finalizer (cleanup.py: release_settled). After a
       bad end, the dead letter is filed first; if the API server refuses the dead letter, the pod does not wait for it.
    8. Then a later plan deletes pods beyond podHistoryLimit (cleanup.py: delete_pods_beyond_history).

    This function does steps 1 to 6. A plan returns one step, so steps 2, 3 and 6 may each end a plan, and the next plan
    starts at step 1 again.
    """
    pod = next((p for p in pods.attempts if p.confirmed_gone or (p.ended and not p.missing_from_watch)), None)
    if pod is None:
        return None
    if pod.confirmed_gone and (wait := _wait_for_late_pods(facts, pod.name)):
        return wait
    if wait := wait_for_last_status(facts, pod):
        return wait
    job, extra = facts.job, facts.extra_evidence.get(pod.uid, ExtraEvidence())
    stop_asked = spec_asks_for_a_stop(facts)
    if missing := missing_evidence(pod, extra, stop_asked=stop_asked):
        return missing
    evidence = evidence_of(pod, extra, stop_asked=stop_asked)
    if not (judged := facts.judged).is_ready(evidence):
        return JudgeEnd(evidence)
    verdict = judged.verdict(evidence)
    spec_version = SpecVersion.of_pod(job, pod)
    finished = facts.now.late if evidence.vanished else evidence.finished  # the time of the end is not known
    entry = ended_entry(pod, evidence, verdict).model_copy(update={"finish_time": finished})
    write = settle(facts, entry, verdict, spec_version, evidence.reported)
    return write if _may_write(write, pods, pod.uid) else None


def settle_refused_attempt(facts: JobFacts, pods: JobPods) -> Step | None:
    """If the API server keeps refusing the pod because of the spec, settle an attempt without a pod: the job ends."""
    job, no = facts.job, facts.refusal
    if no is None or not no.is_spec_fault(job.generation, facts.limits.spec_fault_after):
        return None
    if phases.is_terminal(job.status.phase) or job.deleting or job.terms.suspend or job.terms.cancel or pods.attempts:
        return None
    number = next_number(job, pods)
    name = pod_name(job.name, job.uid, job.status.counters.redrives, number)
    if wait := _wait_for_late_pods(facts, name):
        return wait
    verdict = classify(evidence_of_refusal(no.reason, no.message))
    entry = Attempt(
        number=number,
        pod_name=name,
        generation=job.generation,
        finish_time=facts.now.late,
        reason=verdict.reason,
        class_=verdict.failure.name if verdict.failure else "",
        rule=verdict.rule,
        message=verdict.message,
        counted=True,
    )
    write = settle(facts, entry, verdict, SpecVersion.of_spec(job))
    return write if _may_write(write, pods, "") else None


def file_owed_letter(facts: JobFacts, _pods: JobPods) -> Step | None:
    """File the dead letter that a bad end owes until deadLetterRef.uid is set. A job being deleted owes none.

    A client may have removed deadLetterRef or failedSpec, or restored the job without them. They are written anew:
    without them the job could never run again. While the letter is owed, no spec can change (admission/freeze.py), so
    the present spec is the one that failed.
    """
    job, status = facts.job, facts.job.status
    ref = status.dead_letter_ref
    if status.phase not in phases.DEAD or job.deleting or (ref is not None and ref.uid):
        return None
    if ref is None:
        named = letter_name(job.name, job.uid, status.counters.redrives)
        died = status.failed_spec or FailedSpec(
            generation=job.generation, spec_hash=job.spec_hash, policy_hash=job.policy_hash
        )
        lost = status.model_copy(update={"dead_letter_ref": DeadLetterRef(name=named), "failed_spec": died})
        return WriteStatus(with_derived(lost, facts), rule="letter-ref-lost")
    filed = next((x for x in facts.letters if x.redrives == status.counters.redrives), None)
    if filed is not None:
        known = status.model_copy(update={"dead_letter_ref": DeadLetterRef(name=filed.name, uid=filed.uid)})
        return WriteStatus(with_derived(known, facts), rule="letter-filed")
    no = facts.letter_refusal
    if no is not None and no.kind is RefusalKind.NAME_TAKEN:
        renamed = status.model_copy(update={"dead_letter_ref": DeadLetterRef(name=_next_letter_name(facts, ref.name))})
        return WriteStatus(with_derived(renamed, facts), rule="letter-name-taken")
    return Wait(no.retry_in) if no is not None and no.retry_in > 0 else FileLetter(ref.name)


def end_without_an_attempt(facts: JobFacts, pods: JobPods) -> Step | None:
    """End a job that is cancelled, past timeouts.total, or past lowered limits, and has no unsettled attempt."""
    job = facts.job
    if phases.is_terminal(job.status.phase) or job.deleting or pods.attempts:
        return None
    if any(p.live for p in pods.strays):
        return None
    write = end_now(facts)
    if not isinstance(write, WriteStatus):
        return write
    name = pod_name(job.name, job.uid, job.status.counters.redrives, next_number(job, pods))
    return _wait_for_late_pods(facts, name) or write


def _may_write(write: WriteStatus, pods: JobPods, settled_uid: str) -> bool:
    """Step 6: whether the write is allowed. Cancelled and bad ends are written only when no other pod is live."""
    others = (p for p in (*pods.attempts, *pods.strays) if p.uid != settled_uid)
    return not ends_without_success(write) or not any(p.live for p in others)


def _wait_for_late_pods(facts: JobFacts, name: str) -> Step | None:
    """Step 1: return what to do until it is certain that no late POST creates a pod of this name; None if certain."""
    late = facts.late
    if late.surely_absent(name):
        return None
    if late.occupied_for > 0:
        return Wait(late.occupied_for)
    return LookForPod(name) if name in late.lost else Wait()


def _next_letter_name(facts: JobFacts, taken: str) -> str:
    job, redrives = facts.job, facts.job.status.counters.redrives
    names = (letter_name(job.name, job.uid, redrives, rank) for rank in range(1, 1000))
    return next(n for n in names if _rank(n) > _rank(taken))


def _rank(name: str) -> int:
    tail = name.rsplit("-", 1)[1]
    return int(tail) if tail.isdecimal() and len(tail) < 4 else 1  # noqa: PLR2004 - the hash has ten characters
