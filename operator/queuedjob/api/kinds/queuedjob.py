"""QueuedJob's spec: one unit of work, and the promises made about it.

Every default is set here. The CRD's schema has no defaults, so that no object drifts from Git. Descriptions give the
unit and the meaning of a field; the schema's generator adds the default (schema.py).
"""

from typing import Final, Literal, get_args

from pydantic import Field

from queuedjob.api.kinds.kind import AGE, READ, Column, Kind, Part
from queuedjob.api.kinds.queuedjob_phases import PENDING
from queuedjob.api.kinds.queuedjob_status import NOT_OBSERVED, JobStatus
from queuedjob.api.names import QUEUEDJOBS
from queuedjob.api.types import limits
from queuedjob.api.types.base import Model
from queuedjob.api.types.durations import Deadline, DeadlineOrOff, Duration, DurationOrOff, HeartbeatOrOff, Pause
from queuedjob.api.types.fields import (
    RULE_CHECKS,
    ExitCode,
    Factor,
    IdempotencyKey,
    JsonObject,
    Label,
    Pattern,
    PodTemplate,
    ReasonWord,
    SpecTime,
)

RuleClass = Literal["Transient", "RateLimited", "Timeout", "Crash", "Permanent", "Disruption"]
"""The classes that a user's rule may give. The other classes are facts that the matchers of a rule cannot prove."""

RetriedClass = Literal["Timeout", "HeartbeatLost", "Crash", "RateLimited", "Transient", "StartFailure", "Unknown"]
"""The classes that spend an attempt and are retried. Only these may appear in retry.perClass."""

Action = Literal["alert-developer", "skip", "check-credentials", "fix-spec"]
"""What the person on call should do about a dead letter."""


class Timeouts(Model):
    """Time limits of an attempt and of the whole job."""

    attempt: Deadline = Field(
        default=1_800.0,
        description="Deadline of the first attempt, from the pod's start; image pull included. A duration such as 30m, "
        "at least 1s.",
    )
    growth: Factor = Field(
        default=2.0,
        description="Each attempt that timed out multiplies the next deadline by this factor, up to max. An "
        'integer, or a quoted decimal such as "1.5"; 1 means no growth.',
    )
    max: Deadline | None = Field(
        default=None,
        description="Longest deadline that growth may reach. A duration such as 2h, not below attempt. Default: 4 "
        "times attempt.",
    )
    start: DeadlineOrOff = Field(
        default=600.0,
        description="How long a pod that has its node may fail to start: image pull, missing ConfigMap or Secret. Past "
        "it the attempt is stopped as a StartFailure and retried. Counted anew when an init container has ended; what "
        "init containers take is bounded by attempt. attempt strikes first where it is shorter. A duration such as "
        "10m, at least 1s, not above attempt where it is given, or never.",
    )
    heartbeat: HeartbeatOrOff = Field(
        default=None,
        description="Silence that ends an attempt: the main container is killed when it has not touched the file that "
        "QUEUEDJOB_HEARTBEAT names for so long. Its image needs sh and date. A duration such as 2m, at least 3s, not "
        "above attempt, or never.",
    )
    total: DeadlineOrOff = Field(
        default=None,
        description="Lifetime of the job over all its attempts and waits, time under suspension excluded; past it the "
        "job is dead-lettered with reason TotalTimeout. A duration such as 24h, at least 1s, or never.",
    )

    @property
    def ceiling(self) -> float:
        """The longest deadline that growth can reach, in seconds."""
        return 4 * self.attempt if self.max is None else self.max


class Backoff(Model):
    """How long a failed job waits before its next attempt."""

    initial: Duration = Field(default=1.0, description="Wait before the first retry. A duration such as 1s.")
    multiplier: Factor = Field(
        default=2.0,
        description="Each further failure multiplies the wait by this factor, up to max. An integer, or a quoted "
        'decimal such as "1.5".',
    )
    max: Duration = Field(default=300.0, description="Longest wait; jitter never exceeds it. A duration such as 5m.")
    jitter_percent: int = Field(
        default=10,
        ge=0,
        le=100,
        description="Up to this share of each wait, in percent, is added or taken away at random, so that jobs which "
        "failed together do not come back together.",
    )


class ClassRetry(Model):
    """When to give up on one class of failure, and how long to wait after it."""

    class_: RetriedClass = Field(
        alias="class",
        description="The failures that this speaks of; one entry for each class at most. Timeout: ran into its "
        "deadline. HeartbeatLost: fell silent. Crash: out of memory, a fatal signal, a bug. RateLimited: asked to come "
        "back later. Transient: something outside failed. StartFailure: its main container did not start. Unknown: "
        "no rule knows. Required.",
    )
    max_attempts: int | None = Field(
        default=None,
        ge=1,
        le=1_000,
        description="Attempts that may end in this class; with the last of them the job is dead-lettered with reason "
        "MaxAttempts. Not above retry.maxAttempts, which bounds all attempts together. A number of attempts. Default: "
        "retry.maxAttempts.",
    )
    backoff: Backoff | None = Field(
        default=None,
        description="The wait after the n-th failure of this class is initial x multiplier^(n-1), at most max, give or "
        "take jitterPercent. What it leaves out is the built-in default, not that of retry.backoff. Default: "
        "retry.backoff, which counts all failures.",
    )


class Retry(Model):
    """When to give up, and how long to wait before trying again."""

    max_attempts: int = Field(
        default=10,
        ge=1,
        le=1_000,
        description="Attempts in all, the first included (unlike backoffLimit of a batch/v1 Job, which counts retries "
        "only). Disruptions are not counted. A number of attempts.",
    )
    backoff: Backoff = Field(
        default=Backoff(),
        description="The wait before retry n is initial x multiplier^(n-1), at most max, give or take jitterPercent.",
    )
    max_disruptions: int = Field(
        default=20,
        ge=0,
        le=10_000,
        description="Runs again after disruptions (evictions, lost nodes, deleted pods), which spend no attempt; past "
        "this number the job is dead-lettered with reason MaxDisruptions. A number of pods.",
    )
    per_class: tuple[ClassRetry, ...] = Field(
        default=(),
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["class"]},
        description="Attempts and backoff of single failure classes, such as Unknown: 3 attempts. Default: Unknown has "
        "5 attempts where maxAttempts is not given, and the waits after a Crash begin with 10s where backoff is not.",
    )

    def of_class(self, name: str) -> ClassRetry | None:
        """What holds for one class alone: its entry, and the built-in values for what the spec does not say."""
        entry = next((each for each in self.per_class if each.class_ == name), None)
        built_in = _BUILT_IN.get(name)
        if built_in is None or (entry is None and not self.model_fields_set & {"max_attempts", "backoff"}):
            return entry or built_in
        attempts = None if "max_attempts" in self.model_fields_set else built_in.max_attempts
        backoff = None if "backoff" in self.model_fields_set else built_in.backoff
        if entry is not None:
            attempts, backoff = entry.max_attempts or attempts, entry.backoff or backoff
        if attempts is None and backoff is None:
            return None
        return built_in.model_copy(update={"max_attempts": attempts, "backoff": backoff})

    @property
    def classes(self) -> tuple[ClassRetry, ...]:
        """What holds for single classes, built-in values included."""
        return tuple(own for name in get_args(RetriedClass) if (own := self.of_class(name)) is not None)


_BUILT_IN: Final = {
    # What is not understood is not worth ten tries.
    "Unknown": ClassRetry(class_="Unknown", max_attempts=5),
    # A program that breaks down needs a moment: the poison pill must not quarantine it within seconds.
    "Crash": ClassRetry(class_="Crash", backoff=Backoff(initial=10.0)),
}
"""What holds for single classes where the spec says nothing of it."""


class Rule(Model):
    """One rule of the user's: what an end means. All matchers that are given must match."""

    name: Label = Field(description="Shown wherever this rule decided; unique within the job. A DNS label. Required.")
    exit_codes: tuple[ExitCode, ...] = Field(
        default=(),
        min_length=1,
        max_length=255,
        description="Matches when the container ended with one of these codes, 1 to 255 (0 is success, which no rule "
        "overrides). One of exitCodes, reasons and messageMatches at least is required.",
    )
    reasons: tuple[ReasonWord, ...] = Field(
        default=(),
        min_length=1,
        max_length=limits.REASONS,
        description="Matches one of the reasons of the end, as a whole and in its case: of the container (OOMKilled), "
        "of its waiting (ImagePullBackOff), of the pod (Evicted), of a disruption (PreemptionByScheduler), or the "
        "job's own, of its termination message. Single words.",
    )
    message_matches: Pattern | None = Field(
        default=None,
        description="Matches when this regular expression is found anywhere in the last words of the container or in "
        "the job's own message. RE2 syntax (https://github.com/google/re2/wiki/Syntax), 1 to 1024 characters; it "
        "heeds case unless it begins with (?i).",
    )
    container: Label | None = Field(
        default=None,
        description="Name of a container of the template, init containers and sidecars too, whose own end (exit code, "
        "reason, last words) the matchers look at, and nothing else. Default: the container that decides, which is "
        "the main one, or the init container that failed.",
    )
    class_: RuleClass = Field(
        alias="class",
        description="What the failure is. Transient, RateLimited: retried with backoff. Timeout: retried with a longer "
        "deadline. Crash: retried, counts toward the poison pill. Permanent: dead-lettered at once. Disruption: run "
        "again, no attempt spent. Required.",
    )
    retry_after: Pause | None = Field(
        default=None,
        description="The next attempt waits at least this long; jitter only adds to it. A duration such as 5m, up to "
        "24h; not with class Permanent. Default: the backoff alone.",
    )
    action: Action | None = Field(
        default=None,
        description="What a person should do should this rule's verdict dead-letter the job; written on the dead "
        "letter. Default: alert-developer.",
    )


class FailurePolicy(Model):
    """The user's own rules. The operator checks them before the built-in rules."""

    rules: tuple[Rule, ...] = Field(
        default=(),
        max_length=limits.RULES,
        json_schema_extra={"x-kubernetes-validations": [dict(each) for each in RULE_CHECKS]},
        description="Asked in order before every built-in rule; the first that matches decides. Success and the "
        f"operator's own stops are facts that no rule overrides. At most {limits.RULES} rules, with "
        f"{limits.EXIT_CODES} exitCodes, {limits.REASONS} reasons and {limits.PATTERNS} characters of messageMatches "
        "together.",
    )


class PoisonPill(Model):
    """When a job that keeps crashing is quarantined."""

    crashes: int = Field(
        default=3,
        ge=1,
        le=100,
        description="This many ends of class Crash or HeartbeatLost (out of memory, fatal signals, exit 70, hangs, and "
        "those that rules or last words call a Crash) within window end the job as "
        "Quarantined. A number of crashes.",
    )
    window: Deadline = Field(
        default=3_600.0,
        description="The span that crashes are counted in, between finish times of pods. It must exceed the waits "
        "between the attempts, or it never fires. A duration such as 1h, at least 1s.",
    )


class JobTerms(Model):
    """The terms of a job: its whole spec except `template` and `payload`."""

    main_container: Label | None = Field(
        default=None,
        description="Name of the container whose end is the job's outcome; other containers never decide it. Default: "
        "the container that the template's annotation kubectl.kubernetes.io/default-container names, else the first. "
        "Containers that admission adds to the pod, such as a mesh's proxy, do not change it.",
    )
    queue: Label = Field(
        default="default",
        description="A name to group jobs by, in metrics and lists. A DNS label.",
    )
    type: Label = Field(
        default="default",
        description="What kind of work this is; a label of metrics and pods. A DNS label.",
    )
    suspend: bool = Field(
        default=False,
        description="While true no attempt starts, and a running attempt is stopped without being counted.",
    )
    cancel: bool = Field(
        default=False,
        description="Stops the attempt and ends the job as Cancelled. It cannot be unset, but on a job that ended "
        "DeadLettered or Quarantined, where it does nothing.",
    )
    not_before_time: SpecTime | None = Field(
        default=None,
        description="No attempt starts before this time. RFC 3339, such as 2030-01-31T09:00:00Z. Default: at once.",
    )
    idempotency_key: IdempotencyKey | None = Field(
        default=None,
        description="Handed to the pod as QUEUEDJOB_IDEMPOTENCY_KEY, the same in every attempt, for the job's own "
        "deduplication. 1 to 253 printable ASCII characters. Default: the UID that the job was first created with.",
    )
    timeouts: Timeouts = Field(
        default=Timeouts(),
        description="How long an attempt, and the job as a whole, may take. No attempt is unbounded.",
    )
    retry: Retry = Field(default=Retry(), description="When to give up, and how long to wait between attempts.")
    failure_policy: FailurePolicy = Field(
        default=FailurePolicy(), description="What failures of this job mean, where the built-in rules know less."
    )
    poison_pill: PoisonPill = Field(
        default=PoisonPill(), description="When a job that keeps crashing is quarantined instead of retried."
    )
    pod_history_limit: int = Field(
        default=3,
        ge=0,
        le=100,
        description="Finished attempts whose pods, and so logs, are kept while the job exists. A number of pods.",
    )
    ttl_after_finished: DurationOrOff = Field(
        default=None,
        description="Deletes the job this long after it ended Succeeded or Cancelled; a dead job only once its dead "
        "letter is resolved or gone. A duration such as 1h, or never. Leave it so where a GitOps tool owns the "
        "job: it would create the job again, and so run it again.",
    )


class JobSpec(JobTerms):
    """The whole spec of a QueuedJob."""

    template: PodTemplate = Field(
        description="The pod that an attempt runs, as in a batch/v1 Job. restartPolicy is Never, deadlines are set by "
        "timeouts, environment variables that start with QUEUEDJOB_ and labels, annotations and finalizers "
        "below queuedjob.dev/ are the operator's. Required.",
    )
    payload: JsonObject | None = Field(
        default=None,
        description="A JSON object that the pod reads as the file named by QUEUEDJOB_PAYLOAD; at most 128 KiB, and at "
        "most 32 levels deep. "
        "Default: none.",
    )


QUEUEDJOB: Final = Kind(
    kind="QueuedJob",
    plural=QUEUEDJOBS,
    short="qj",
    description="One unit of work: a pod template, and the promises made about it. It is retried where that is worth "
    "it, quarantined where it keeps crashing, and moved to a DeadLetter where it is beyond help.",
    spec=Part(JobSpec, "What to run, and on which terms."),
    status=Part(
        JobStatus,
        "What has been decided about the job. Written by the operator only.",
        # A new job is Pending and not observed, so that no tool takes it for a healthy job.
        default={"observedGeneration": NOT_OBSERVED, "phase": PENDING},
    ),
    columns=(
        Column("Phase", ".status.phase"),
        Column("Attempts", ".status.attemptsSummary"),
        Column("Queue", ".spec.queue"),
        Column("Reason", ".status.reason"),
        # Strings: a date column prints <invalid> for a time in the future.
        Column("Next Attempt", ".status.nextAttemptTime", wide=True),
        Column("Node", ".status.attempts[-1:].nodeName", wide=True),
        Column("Progress", ".status.progressSummary", wide=True),
        AGE,
    ),
    selectable=(".spec.type", ".spec.queue", ".status.phase"),
    operator={
        "": (*READ, "delete"),
        "status": ("update",),
        # A pod's owner reference has blockOwnerDeletion, which OwnerReferencesPermissionEnforcement (on OpenShift)
        # allows only to those who may set the owner's finalizers.
        "finalizers": ("update",),
    },
    users={"view": READ, "edit": ("create", "update", "patch", "delete", "deletecollection")},
)
