"""QueuedJob's status: the decisions about a job. The status is the source of truth (protocol: Where truth lives)."""

from typing import Any

from pydantic import Field

from queuedjob.api.kinds.queuedjob_phases import PENDING
from queuedjob.api.types.base import Model
from queuedjob.api.types.json_value import AnyJson
from queuedjob.api.types.times import Time

NOT_OBSERVED = -1
"""observedGeneration of a job that the operator has not yet seen: the CRD's default."""


class Counters(Model):
    """Totals since the last redrive. They are kept in full, although the list of attempts is not."""

    pods: int = Field(default=0, description="Attempts settled; the live or next attempt's number is one more.")
    attempts: int = Field(default=0, description="Attempts spent against spec.retry.maxAttempts.")
    crashes: int = Field(
        default=0,
        description="Attempts of class Crash or HeartbeatLost, at any time.",
    )
    disruptions: int = Field(default=0, description="Pods lost to disruptions, which spend no attempt.")
    timeouts: int = Field(
        default=0,
        description="Attempts of class Timeout; each lengthens the next one's deadline.",
    )
    redrives: int = Field(
        default=0, description="Times that the job was started over after its end; resets the other counters."
    )
    by_class: dict[str, int] = Field(default={}, description="Attempts by failure class.")


class Attempt(Model):
    """One attempt, which is one pod. Without finishTime it is live, and settles nothing."""

    number: int = Field(description="Counts from 1 without gaps since the last redrive; the pod's name ends in it.")
    pod_name: str = Field(default="", description="Name of the attempt's pod.")
    pod_uid: str = Field(default="", alias="podUID", description="UID of the attempt's pod; empty where none was made.")
    node_name: str = Field(default="", description="The node that it ran on.")
    generation: int = Field(default=0, description="metadata.generation of the spec that the pod was built from.")
    create_time: Time | None = Field(default=None, description="When the pod was created.")
    start_time: Time | None = Field(default=None, description="When the main container started.")
    finish_time: Time | None = Field(default=None, description="When the main container or the pod ended.")
    exit_code: int | None = Field(
        default=None,
        description="Exit code of the container that decided: the main one, or the init container that failed. Absent "
        "where its end is not known.",
    )
    reason: str = Field(default="", description="What happened, in one word.")
    class_: str = Field(
        default="",
        alias="class",
        description="What the failure is: Disruption, Stopped, Timeout, HeartbeatLost, Crash, RateLimited, Transient, "
        "Permanent, StartFailure, Unknown, and later others; empty for a success.",
    )
    rule: str = Field(default="", description="The named rule that decided the class.")
    message: str = Field(default="", description="The container's last words, or the API server's; 2 KiB at most.")
    active_deadline_seconds: int | None = Field(
        default=None, description="The deadline that the pod was given, in seconds."
    )
    counted: bool = Field(default=False, description="True if it was spent against spec.retry.maxAttempts.")
    stop_reason: str = Field(
        default="",
        description="Why the operator stops this live attempt, where the API server refuses to have it written on the "
        "pod.",
    )
    stop_detail: str = Field(default="", description="What kept the attempt from starting when it was stopped so.")

    @property
    def settled(self) -> bool:
        """Whether the outcome is recorded. If it is, the pod may be released."""
        return self.finish_time is not None


class Progress(Model):
    """How far the job's work has come, in units that the job chooses."""

    done: int = Field(ge=0, description="Units that are done.")
    total: int = Field(ge=0, description="Units that there are.")


class Condition(Model):
    """One fact for programs, as Kubernetes has it everywhere. Absent rather than False."""

    type: str = Field(
        description="Complete, Failed, Reconciling, Stalled, Suspended, DeadLetterPending, WriteRefused, Unreadable, "
        "FailurePolicyInvalid, PoisonPillCannotFire, SpecIneffective, or one of another client."
    )
    status: str = Field(default="True", description="True, False or Unknown.")
    reason: str = Field(default="", description="Why, in one word.")
    message: str = Field(default="", description="Why, for people.")
    observed_generation: int = Field(default=0, description="metadata.generation that the condition speaks of.")
    last_transition_time: Time | None = Field(default=None, description="When status last changed.")


class DeadLetterRef(Model):
    """Reference to the dead letter of this run."""

    name: str = Field(description="Name of the DeadLetter.")
    uid: str = Field(default="", description="Its UID; empty while the letter is still owed.")


class FailedSpec(Model):
    """The spec that a dead job ended with. A job whose spec differs from it runs again."""

    generation: int = Field(description="metadata.generation at the decision to end.")
    spec_hash: str = Field(default="", description="Hash of the frozen spec fields that the last pod was built from.")
    policy_hash: str = Field(default="", description="Hash of spec.retry and spec.timeouts as that decision read them.")


class Handled(Model):
    """Annotations of the job that ask for something: the values that have been acted on, or came too late for it."""

    retry_now: str = Field(default="", description="Value of the annotation queuedjob.dev/retry-now.")


class JobStatus(Model):
    """A QueuedJob's status. It is parsed into this model, changed as a copy and written by `editing.edit_status`."""

    phase: str = Field(
        default=PENDING,
        description="Pending, Waiting, Running, then one of Succeeded, DeadLettered, Quarantined, Cancelled. A summary "
        "for people; programs read conditions.",
    )
    reason: str = Field(default="", description="Why the job is in this phase, in one word.")
    message: str = Field(default="", description="Why the job is in this phase, for people.")
    counters: Counters = Field(default=Counters(), description="Totals since the last redrive.")
    attempts_summary: str = Field(
        default="", description="Attempts spent, the live one included, of spec.retry.maxAttempts: 2/5."
    )
    attempts: tuple[Attempt, ...] = Field(default=(), max_length=20, description="The last 20 attempts, oldest first.")
    crash_times: tuple[Time, ...] = Field(
        default=(), max_length=100, description="Finish times of the latest crashes, as many as the poison pill needs."
    )
    next_attempt_time: Time | None = Field(default=None, description="When the next attempt may start.")
    handled: Handled | None = Field(default=None, description="Annotations of the job that need no action any more.")
    total_start_time: Time | None = Field(
        default=None, description="Where spec.timeouts.total starts; each suspension moves it forward."
    )
    suspend_time: Time | None = Field(default=None, description="When the present suspension began.")
    first_failure_time: Time | None = Field(default=None, description="When the first failed attempt ended.")
    start_time: Time | None = Field(default=None, description="When the first attempt started.")
    finish_time: Time | None = Field(default=None, description="When the job ended.")
    result: AnyJson | None = Field(
        default=None, description="What the job said when it succeeded, in its termination message: any JSON."
    )
    checkpoint: AnyJson | None = Field(
        default=None,
        description="Where the next attempt goes on, as an attempt said last: any JSON, 2 KiB at most. Handed on as "
        "QUEUEDJOB_CHECKPOINT; kept when the job is started over.",
    )
    progress: Progress | None = Field(
        default=None, description="How far the work had come when an attempt last ended that said so."
    )
    progress_summary: str = Field(default="", description="The same, for people: 800/1000.")
    dead_letter_ref: DeadLetterRef | None = Field(default=None, description="The dead letter of this death.")
    observed_generation: int = Field(
        default=NOT_OBSERVED, description="metadata.generation that this status speaks of; -1: not looked at yet."
    )
    conditions: tuple[Condition, ...] = Field(
        default=(), max_length=32, description="Facts for programs; the types are those of items.type."
    )
    failed_spec: FailedSpec | None = Field(default=None, description="What a dead job died of.")


def parse_status(raw: dict[str, Any] | None) -> JobStatus:
    """Parse the status as the API server stored it. A new job has none (None).

    Raises ValueError (pydantic's ValidationError).
    """
    return JobStatus.model_validate(raw or {})
