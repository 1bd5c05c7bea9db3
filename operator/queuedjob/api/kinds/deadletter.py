"""DeadLetter: the self-contained record of a job that ended badly. The person on call reads it and acts on it.

A dead letter outlives its job, so it holds everything that a redrive needs. Each failed run has one dead letter.
"""

from typing import Final, Literal

from pydantic import Field

from queuedjob.api.kinds.kind import AGE, READ, Column, Kind, Part
from queuedjob.api.kinds.queuedjob_status import Attempt, Counters
from queuedjob.api.names import DEADLETTERS
from queuedjob.api.types.base import Model
from queuedjob.api.types.fields import JsonObject
from queuedjob.api.types.json_value import AnyJson
from queuedjob.api.types.times import Time

DEAD: Final = "Dead"
REDRIVEN: Final = "Redriven"
RESOLVED: Final = "Resolved"
"""Phases of a DeadLetter."""


class JobRef(Model):
    """Which job ended badly, and in which of its runs."""

    name: str = Field(description="Name of the QueuedJob, in the letter's namespace.")
    uid: str = Field(max_length=64, description="UID of the QueuedJob; a job of that name created later is another.")
    generation: int = Field(description="metadata.generation of the spec that died.")
    redrives: int = Field(default=0, description="How often the job had been started over when it died.")


class JobCopy(Model):
    """A copy of the job, so that a user can create the job again after it is deleted."""

    labels: dict[str, str] = Field(default={}, description="The job's labels.")
    annotations: dict[str, str] = Field(
        default={}, description="The job's annotations, without last-applied-configuration."
    )
    spec: JsonObject = Field(
        description="The job's spec, payload included. A letter that would be too large for one object lacks its long "
        "parts; message names them."
    )


class Resolution(Model):
    """A user's statement that this dead letter needs no more action."""

    state: Literal["Resolved"] = Field(description="Resolved. Required.")
    note: str = Field(default="", max_length=4_096, description="What was found and done. Default: empty.")
    by: str = Field(default="", max_length=253, description="Who says so. Default: empty.")


class LetterSpec(Model):
    """The record. The operator writes the spec once; users write `resolution`."""

    job_ref: JobRef = Field(description="Which job died.")
    job: JobCopy = Field(description="The job as it was.")
    reason: str = Field(
        description="Why it ended: MaxAttempts, Permanent, PoisonPill, TotalTimeout, MaxDisruptions, and later others."
    )
    class_: str = Field(default="", alias="class", description="Failure class of the attempt that decided.")
    action: str = Field(
        default="",
        description="What to do: alert-developer, skip, check-credentials or fix-spec. By the rule that decided; "
        "alert-developer where it names none.",
    )
    rule: str = Field(default="", description="The named rule that decided the class.")
    message: str = Field(default="", description="Why it ended, in a sentence.")
    fingerprint: str = Field(
        default="", description="Versioned hash of what failed: letters with one cause share it, and group by it."
    )
    attempts: tuple[Attempt, ...] = Field(
        default=(), max_length=20, description="The last 20 attempts with their last words, oldest first."
    )
    attempts_left_out: int = Field(default=0, description="How many older attempts are not listed.")
    counters: Counters = Field(default=Counters(), description="Totals of this run of the job.")
    first_failure_time: Time | None = Field(default=None, description="When its first failed attempt ended.")
    last_failure_time: Time | None = Field(default=None, description="When its last failed attempt ended.")
    idempotency_key: str = Field(default="", description="The key that its pods were given.")
    checkpoint: AnyJson | None = Field(
        default=None, description="Where its next attempt would have gone on: any JSON, as an attempt said last."
    )
    resolution: Resolution | None = Field(
        default=None,
        description="Written by a person when the case is closed; the only field that may change. Default: none.",
    )


class LetterStatus(Model):
    """The state of the dead letter."""

    phase: str = Field(
        default=DEAD,
        description="Dead: waits for a person. Redriven: its job was started over. Resolved: spec.resolution says so.",
    )
    redriven_generation: int | None = Field(
        default=None, description="metadata.generation of the changed spec that started the job over."
    )


_UNTYPED: Final = frozenset({"checkpoint"})
"""Fields of any type have no type in the schema, so CEL cannot read them here. A ValidatingAdmissionPolicy keeps them
unchanged (admission/record.py)."""


def _unchanged(fields: set[str]) -> dict[str, str]:
    keys = sorted(str(LetterSpec.model_fields[name].alias) for name in fields)
    return {
        "rule": " && ".join(
            f"has(self.{key}) == has(oldSelf.{key}) && (!has(self.{key}) || self.{key} == oldSelf.{key})"
            for key in keys
        ),
        "message": "a dead letter is a record: only spec.resolution may change",
    }


DEADLETTER: Final = Kind(
    kind="DeadLetter",
    plural=DEADLETTERS,
    short="dl",
    description="A QueuedJob that ended badly: its spec, every attempt with its last words, why it ended, and what to "
    "do. It outlives the job. Its spec is a record: only spec.resolution may change.",
    spec=Part(
        LetterSpec,
        "The record of a death, and in resolution a person's word on it.",
        rules=(_unchanged(set(LetterSpec.model_fields) - {"resolution", *_UNTYPED}),),
    ),
    status=Part(LetterStatus, "What became of the letter. Written by the operator only.", default={"phase": DEAD}),
    columns=(
        Column("Job", ".spec.jobRef.name"),
        Column("Reason", ".spec.reason"),
        Column("Class", ".spec.class"),
        Column("Action", ".spec.action"),
        Column("Phase", ".status.phase"),
        Column("Rule", ".spec.rule", wide=True),
        Column("Fingerprint", ".spec.fingerprint", wide=True),
        AGE,
    ),
    selectable=(".spec.jobRef.name", ".spec.reason", ".spec.fingerprint", ".status.phase"),
    operator={"": (*READ, "create"), "status": ("patch",)},
    # Who may view reads dead letters, who may edit resolves them; only an admin deletes what no user has resolved.
    users={
        "view": READ,
        "edit": ("update", "patch"),
        "admin": ("delete", "deletecollection"),
        "on-call": ("update", "patch"),
    },
    by_users=False,
)
