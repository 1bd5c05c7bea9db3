"""Jobs in the states that users ask about, by name. `queuedjob explain` has a golden text for each one (golden/)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from queuedjob.api.kinds.queuedjob_status import Condition
from queuedjob.policy.facts import ExtraEvidence, Pod
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import WriteStatus
from tests.builders import NOON, AJob, APod, a_job, facts, seconds


@dataclass(frozen=True, slots=True)
class State:
    """The input of `explain`."""

    facts: JobFacts
    spec: Mapping[str, Any] = field(default_factory=dict)
    letter: str = ""


def having_lived(job: AJob, *ends: Callable[[APod], APod]) -> AJob:
    """The job after attempts with these ends have been settled, one by one."""
    for end in ends:
        pod = end(job.pod(job.status.counters.pods + 1))
        step = plan(facts(job, pod, extra_evidence={pod.uid: ExtraEvidence(log="", events=())}))
        assert isinstance(step, WriteStatus)
        job = job.after(step)
    return job


def filed(job: AJob) -> AJob:
    """The job with its dead letter filed."""
    assert job.status.dead_letter_ref is not None
    ref = job.status.dead_letter_ref.model_copy(update={"uid": "letter-uid"})
    return job.saying(dead_letter_ref=ref)


def down(pod: APod) -> APod:
    return pod.exited(75, message="the database is down")


def bad(pod: APod) -> APod:
    return pod.exited(65, message="order 42 has no customer")


def out_of_memory(pod: APod) -> APod:
    return pod.oom_killed()


def evicted(pod: APod) -> APod:
    return pod.evicted()


def interrupted(pod: APod) -> APod:
    said = '{"checkpoint": {"record": 800}, "progress": {"done": 800, "total": 1000}}'
    return pod.exited(75, message=f"{said}\n")


def having_delivered(pod: APod) -> APod:
    return pod.exited(0, message='{"result": {"delivered": 1000}, "progress": {"done": 1000, "total": 1000}}')


def done(pod: APod) -> APod:
    return pod.succeeded()


def hung(pod: APod) -> APod:
    return pod.deadline_exceeded().exited(143)


JOB: Final = a_job("invoice-42")
OWN_RULES: Final = {"rules": [{"name": "no-stock", "exit_codes": [3, 4], "class_": "Permanent", "action": "skip"}]}
FIRST: Final = JOB.pod()


def _shown(job: AJob, pod: Pod, *, at: float = 20) -> AJob:
    """The job after the operator has written the pod into the status."""
    step = plan(facts(job, pod, at=at))
    assert isinstance(step, WriteStatus)
    return job.after(step)


def _unschedulable() -> State:
    pod = FIRST.not_schedulable()
    return State(facts(_shown(JOB, pod), pod, at=200))


def _no_image() -> State:
    pod = FIRST.waiting("ImagePullBackOff", 'Back-off pulling image "invoices:8"')
    return State(facts(_shown(JOB, pod), pod, at=200))


def _dead_node() -> State:
    pod = FIRST.running().deleted()
    return State(facts(_shown(JOB, pod, at=500), pod, at=600))


def _stopping() -> State:
    job = _shown(JOB, FIRST.running()).suspended()
    return State(facts(job, FIRST.running().stopped_by_us("suspended"), at=70), spec={"suspend": True})


def _last_attempt() -> State:
    job = having_lived(JOB.asking(retry={"max_attempts": 2}, timeouts={"total": 3600.0}), down)
    pod = job.pod(2).running()
    return State(facts(_shown(job, pod), pod), spec={"retry": {"maxAttempts": 2}, "timeouts": {"total": "1h"}})


def _third_crash() -> State:
    job = having_lived(JOB, out_of_memory, out_of_memory)
    pod = job.pod(3).running()
    return State(facts(_shown(job, pod), pod))


def _newer_rule() -> State:
    job = having_lived(JOB, down)
    (attempt,) = job.status.attempts
    newer = attempt.model_copy(update={"rule": "moon-phase", "class_": "Lunar"})
    return State(facts(job.saying(attempts=(newer,))))


def _suspended(job: AJob) -> AJob:
    step = plan(facts(job.suspended()))
    assert isinstance(step, WriteStatus)
    return job.suspended().after(step)


def _cancelled() -> State:
    step = plan(facts(JOB.cancelled()))
    assert isinstance(step, WriteStatus)
    return State(facts(JOB.cancelled().after(step), at=60), spec={"cancel": True})


DEAD: Final = filed(having_lived(JOB, bad))
QUARANTINED: Final = filed(having_lived(JOB, *[out_of_memory] * 3))

STATES: Final[Mapping[str, State]] = {
    "just-created": State(facts(JOB, at=2)),
    "nobody-looks": State(facts(JOB, at=180)),
    "running": State(facts(_shown(JOB, FIRST.running()), FIRST.running())),
    "running-not-shown-yet": State(facts(JOB, FIRST.running(), at=0.5)),
    "backoff": State(facts(having_lived(JOB, down, down), at=20.5)),
    "at-a-checkpoint": State(facts(having_lived(JOB, interrupted), at=20.5)),
    "succeeded-with-a-result": State(facts(having_lived(JOB, interrupted, having_delivered), at=60)),
    "held-deletion": State(facts(having_lived(JOB, down).being_deleted("example.com/hold"), at=20.5)),
    "held-deletion-running": State(
        facts(_shown(JOB, FIRST.running()).being_deleted("a.io/b", "c.io/d"), FIRST.running())
    ),
    "overdue": State(facts(having_lived(JOB, down), at=600)),
    "longer-deadline": State(facts(having_lived(JOB, hung))),
    "ended-but-not-counted": State(facts(_shown(JOB, FIRST.running()), FIRST.exited(75), at=90)),
    "disrupted": State(facts(having_lived(JOB, evicted, evicted))),
    "unschedulable": _unschedulable(),
    "image-that-cannot-be-pulled": _no_image(),
    "dead-node": _dead_node(),
    "stopping-within-its-grace": _stopping(),
    "quota": State(
        facts(JOB.saying(phase="Waiting", reason="QuotaExceeded", message="exceeded quota: pods, limited: pods=10"))
    ),
    "not-before": State(
        facts(
            JOB.asking(not_before_time=NOON + seconds(7200)).saying(
                phase="Waiting", reason="NotBeforeTime", message="the next attempt starts at 2026-03-01T14:00:00Z"
            )
        ),
        spec={"notBeforeTime": "2026-03-01T14:00:00Z"},
    ),
    "last-attempt": _last_attempt(),
    "third-crash": _third_crash(),
    "suspended": State(facts(_suspended(having_lived(JOB, down))), spec={"suspend": True}),
    "suspended-while-it-runs": State(facts(_shown(JOB, FIRST.running()).suspended(), FIRST.running())),
    "cancelled-while-it-runs": State(facts(_shown(JOB, FIRST.running()).cancelled(), FIRST.running())),
    "edited-since": State(facts(having_lived(JOB, down).edited(retry={"max_attempts": 9}))),
    "being-deleted": State(facts(having_lived(JOB, down).being_deleted())),
    "succeeded": State(facts(having_lived(JOB.asking(ttl_after_finished=3600.0), down, done), at=60)),
    "dead": State(facts(DEAD, at=60), letter="Dead"),
    "dead-by-its-own-rule": State(
        facts(filed(having_lived(JOB.asking(failure_policy=OWN_RULES), lambda pod: pod.exited(4))), at=60),
        letter="Dead",
    ),
    "dead-letter-owed": State(facts(having_lived(JOB, bad), at=60)),
    "dead-letter-refused": State(
        facts(
            having_lived(JOB, bad).saying(
                conditions=(Condition(type="DeadLetterPending", message="DeadLetter invoice-42: exceeded quota"),)
            ),
            at=60,
        )
    ),
    "dead-letter-resolved": State(facts(DEAD, at=60), letter="Resolved"),
    "dead-letter-gone": State(facts(DEAD, at=60), letter="Gone"),
    "dead-and-mended": State(facts(DEAD.edited(frozen=True), at=60), letter="Dead"),
    "quarantined": State(facts(QUARANTINED, at=60), letter="Dead"),
    "rule-of-another-release": _newer_rule(),
    "cancelled": _cancelled(),
}
