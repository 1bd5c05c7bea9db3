"""Explain the state of a job, the rule behind each attempt, and what happens next."""

from collections.abc import Iterator, Mapping
from typing import Any

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import NOT_OBSERVED, Attempt
from queuedjob.cli.explain.limits import limits_of
from queuedjob.cli.explain.models import AttemptExplanation, DeadLetterExplanation, JobExplanation, Reported
from queuedjob.cli.explain.next_attempt import next_attempt_of
from queuedjob.cli.explain.next_steps import Context, next_steps_of
from queuedjob.cli.explain.phrasing import moment, sentence, span
from queuedjob.cli.explain.rules import rule_of
from queuedjob.cli.explain.terms import terms_of
from queuedjob.policy.facts import Pod
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.descriptions import ADVICE
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.failure.rules import Action
from queuedjob.policy.failure.user_rules import user_rules
from queuedjob.policy.job import conditions
from queuedjob.policy.job.attempts import ended_entry, live_entry
from queuedjob.policy.job.chain.show_status import View, view_of
from queuedjob.policy.job.dead_letter import death_record_of
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.pods import JobPods, sort_pods
from queuedjob.policy.job.stops import spec_asks_for_a_stop


def explanation_of(facts: JobFacts, spec: Mapping[str, Any], letter: str = "") -> JobExplanation:
    """Explain the job in `facts`. `spec` is the stored spec, `letter` its dead letter's phase (empty: not read)."""
    job, status = facts.job, facts.job.status
    pods = sort_pods(job, facts.pods)
    over = phases.is_terminal(status.phase) or job.deleting or job.terms.cancel
    next_attempt = None if over or pods.attempts else next_attempt_of(facts)
    view = view_of(facts, pods)
    context = Context(facts, pods, view.reason if view else status.reason, next_attempt, _letter(facts, letter))
    attempts = tuple(_attempts(facts, pods))
    return JobExplanation(
        namespace=job.namespace,
        name=job.name,
        uid=job.uid,
        generation=job.generation,
        observed_generation=status.observed_generation,
        as_of=facts.now.late,
        phase=status.phase,
        reason=status.reason,
        summary=_summary(facts, pods, view),
        warnings=tuple(sentence(each.message) for each in status.conditions if each.type not in conditions.OF_PHASES),
        attempts=attempts,
        attempts_left_out=max(0, status.counters.pods - sum(each.settled for each in attempts)),
        reported=Reported(progress=status.progress, checkpoint=status.checkpoint, result=status.result),
        next=next_steps_of(context),
        next_attempt_number=next_attempt.number if next_attempt else None,
        next_attempt_time=next_attempt.time if next_attempt else None,
        letter=context.letter,
        limits=limits_of(facts, next_attempt),
        terms=terms_of(job.terms, spec),
    )


def _summary(facts: JobFacts, pods: JobPods, view: View | None) -> str:
    job, status, now = facts.job, facts.job.status, facts.now.late
    if phases.is_terminal(status.phase):
        at = f"{moment(status.finish_time, now)}: " if status.finish_time is not None else ""
        return sentence(f"it ended {at}{status.message or status.reason}")
    seen = view is not None and (view.phase, view.reason) != (status.phase, status.reason)
    words = view.message if view is not None and seen else status.message
    if ended := [pod.number for pod in pods.attempts if pod.ended]:
        words = f"attempt {ended[0]} has ended, and the status does not say so yet"
    if not words and status.observed_generation == NOT_OBSERVED:
        words = f"the operator has not looked at it yet; it was created {moment(job.created, now)}"
    if status.observed_generation not in {NOT_OBSERVED, job.generation}:
        words = f"{words}; the status is of generation {status.observed_generation}, the spec at {job.generation}"
    return sentence(words.strip() or status.reason or status.phase)


def _attempts(facts: JobFacts, pods: JobPods) -> Iterator[AttemptExplanation]:
    """The attempts in the status, and the current one, which the status may show late or not at all."""
    entries = {entry.number: entry for entry in facts.job.status.attempts}
    counted = {number for number, entry in entries.items() if entry.settled}
    entries.update({pod.number or 0: _entry(facts, pod) for pod in pods.attempts})
    for number, entry in entries.items():
        yield _attempt(facts, entry, settled=number in counted)


def _entry(facts: JobFacts, pod: Pod) -> Attempt:
    """The entry of the current attempt, as the next status write would contain it."""
    if pod.live:
        return live_entry(pod)
    evidence = evidence_of(pod, stop_asked=spec_asks_for_a_stop(facts))
    return ended_entry(pod, evidence, classify(evidence, user_rules(facts.job.terms.failure_policy)))


def _attempt(facts: JobFacts, entry: Attempt, *, settled: bool) -> AttemptExplanation:
    policy = facts.job.terms.failure_policy
    return AttemptExplanation(
        number=entry.number,
        pod=entry.pod_name,
        summary=_attempt_summary(facts, entry) + ("; not counted yet" if entry.rule and not settled else ""),
        settled=settled,
        counted=settled and entry.counted,
        start_time=entry.start_time,
        finish_time=entry.finish_time,
        exit_code=entry.exit_code,
        reason=entry.reason,
        rule=rule_of(entry.rule, entry.class_, policy) if entry.rule else None,
        message=entry.message,
    )


def _attempt_summary(facts: JobFacts, entry: Attempt) -> str:
    start, finish, now = entry.start_time, entry.finish_time, facts.now.late
    if finish is None:
        return f"under way since {moment(start, now)}" if start is not None else "not started yet"
    took = f" after {span((finish - start).total_seconds())}" if start is not None and finish >= start else ""
    how = f"{entry.class_}" if entry.class_ else "succeeded"
    return f"{how}{took}, at {moment(finish, now)}"


def _letter(facts: JobFacts, phase: str) -> DeadLetterExplanation | None:
    job, ref = facts.job, facts.job.status.dead_letter_ref
    if job.status.phase not in phases.DEAD or ref is None:
        return None
    action = death_record_of(job).action
    return DeadLetterExplanation(
        name=ref.name, phase=(phase or "Unknown") if ref.uid else "Owed", action=action, advice=ADVICE[Action(action)]
    )
