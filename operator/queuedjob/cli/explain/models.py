"""The answers of `queuedjob explain`: the shape of its JSON, which scripts rely on, and the content of its text.

As in the API, durations are strings (`1m30s`) and times are RFC 3339. A missing value is null, empty or absent from a
list. New keys may be added; no key is renamed.
"""

from typing import Any

from pydantic import Field

from queuedjob.api.kinds.queuedjob_status import Progress
from queuedjob.api.types.base import Model
from queuedjob.api.types.durations import Duration
from queuedjob.api.types.json_value import AnyJson
from queuedjob.api.types.times import Time


class RuleExplanation(Model):
    """A rule, what its class costs, and what follows."""

    name: str = Field(description="The rule's name.")
    origin: str = Field(
        description="fixed (nothing overrides it), job (the job's own failurePolicy), built-in, or unknown: a rule of "
        "another release."
    )
    source: str = Field(description="What the rule recognises.")
    class_: str = Field(alias="class", description="The failure class that it gives; empty for a success.")
    action: str = Field(default="", description="What it asks of the person who finds the dead letter.")
    advice: str = Field(default="", description="The action, in words.")
    counts_as: str = Field(default="", description="What an attempt of this class is counted as.")
    consequence: str = Field(default="", description="What follows such an attempt, as long as no limit is reached.")


class AttemptExplanation(Model):
    """One attempt."""

    number: int = Field(description="Its number.")
    pod: str = Field(description="Its pod; no longer there, perhaps.")
    summary: str = Field(description="How it went, in a sentence.")
    settled: bool = Field(description="Its end is counted.")
    counted: bool = Field(description="It spent one of retry.maxAttempts.")
    start_time: Time | None = Field(description="When its main container started.")
    finish_time: Time | None = Field(description="When it ended.")
    exit_code: int | None = Field(description="Exit code of the container that decided.")
    reason: str = Field(description="What happened, in one word.")
    rule: RuleExplanation | None = Field(description="The rule that decided; null while the attempt goes on.")
    message: str = Field(description="Its last words.")


class NextStep(Model):
    """One thing that happens next, or that a user can do."""

    message: str = Field(description="A sentence.")
    command: str = Field(default="", description="What to type for it.")


class LimitUse(Model):
    """How much of a limit is used."""

    used: int = Field(description="So many.")
    limit: int = Field(description="Of so many.")


class Limits(Model):
    """How much of a job's limits is used, and the next wait and deadline."""

    attempts: LimitUse = Field(description="Attempts spent, of retry.maxAttempts.")
    disruptions: LimitUse = Field(description="Disruptions, of retry.maxDisruptions.")
    crashes: LimitUse = Field(description="Crashes within the window that ends now, of poisonPill.crashes.")
    crash_window: Duration = Field(description="poisonPill.window.")
    total_deadline: Time | None = Field(description="When timeouts.total has passed; null where none runs.")
    next_wait: Duration | None = Field(description="Wait that a failure now would be followed by, without its jitter.")
    waits_left: Duration | None = Field(
        description="Sum of all waits before the last attempt, should every attempt fail in a class that has no "
        "attempts and no backoff of its own."
    )
    waits_left_by_class: dict[str, Duration] = Field(
        description="The same sum for each class that has attempts of its own, should every attempt fail in it."
    )
    next_deadline: Duration | None = Field(description="Deadline that the next attempt would be given.")


class DeadLetterExplanation(Model):
    """The dead letter of a dead job."""

    name: str = Field(description="Its name.")
    phase: str = Field(description="Owed (not filed yet), Dead, Redriven, Resolved, Gone, or Unknown: not readable.")
    action: str = Field(description="What to do.")
    advice: str = Field(description="The same, in words.")


class Reported(Model):
    """What the attempts of a job reported and the status keeps."""

    progress: Progress | None = Field(description="How far the work had come when an attempt last ended that said so.")
    checkpoint: AnyJson | None = Field(description="Where the next attempt goes on.")
    result: AnyJson | None = Field(description="What came of it.")


class Term(Model):
    """One term that a job runs on."""

    field: str = Field(description="Path below spec.")
    value: Any = Field(description="The value that applies.")
    default: bool = Field(description="The spec says nothing of it: the built-in value.")


class JobExplanation(Model):
    """The state of a job, its reason, and what happens next."""

    namespace: str = Field(description="The job's namespace.")
    name: str = Field(description="The job's name.")
    uid: str = Field(description="The job's UID.")
    generation: int = Field(description="Generation of the spec.")
    observed_generation: int = Field(
        description="Generation that the status speaks of; -1: the operator has not looked yet."
    )
    as_of: Time = Field(description="The API server's time of all this.")
    phase: str = Field(description="status.phase.")
    reason: str = Field(description="status.reason.")
    summary: str = Field(description="Where it stands, in a sentence.")
    warnings: tuple[str, ...] = Field(description="What is wrong with its spec or its letter, and holds it up or will.")
    attempts: tuple[AttemptExplanation, ...] = Field(
        description="Its attempts, oldest first, and the one that goes on."
    )
    attempts_left_out: int = Field(description="Older attempts that are not listed.")
    reported: Reported = Field(description="What its attempts have said and the status keeps.")
    next: tuple[NextStep, ...] = Field(description="What happens next, and what can be done.")
    next_attempt_number: int | None = Field(description="Number of the attempt to come; null where none is.")
    next_attempt_time: Time | None = Field(description="When it may start, where it waits for a time.")
    letter: DeadLetterExplanation | None = Field(description="The dead letter of a dead job.")
    limits: Limits = Field(description="What is left of its limits.")
    terms: tuple[Term, ...] = Field(description="The terms that it runs on, built-in values resolved.")


class Outcome(Model):
    """The status that the operator would write after an end."""

    phase: str = Field(description="status.phase.")
    reason: str = Field(description="status.reason.")
    message: str = Field(description="The same, in a sentence.")
    wait: Duration | None = Field(
        description="Wait before the next attempt, without its jitter; null where none comes."
    )


class Decision(Model):
    """What would be decided for an end that is given on the command line."""

    basis: str = Field(description="Whose rules, limits and counters it was decided on.")
    rules_tried: tuple[str, ...] = Field(
        description="The rules that were asked before, in order; none of them matched."
    )
    rule: RuleExplanation = Field(description="The first rule that matched.")
    reason: str = Field(description="What happened, in one word.")
    message: str = Field(description="What a person would read.")
    ignored: tuple[str, ...] = Field(description="What of the termination message could not be used, and why.")
    counted: bool = Field(description="It spends one of retry.maxAttempts.")
    retried: bool = Field(description="Its class is retried.")
    grows: bool = Field(description="The next deadline is longer.")
    poisons: bool = Field(description="It counts toward the poison pill.")
    disrupts: bool = Field(description="It counts toward retry.maxDisruptions.")
    outcome: Outcome = Field(description="What the status would say next.")
