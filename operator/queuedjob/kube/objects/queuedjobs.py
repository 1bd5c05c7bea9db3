"""Convert QueuedJobs between the API server and the store: a slotted projection in, an edited status out."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Final

import orjson
from pydantic import ValidationError

from queuedjob.api import names
from queuedjob.api.canonical import policy_hash, spec_hash
from queuedjob.api.editing import edit_status
from queuedjob.api.identity import stem
from queuedjob.api.kinds.queuedjob import QUEUEDJOB, JobTerms
from queuedjob.api.kinds.queuedjob_phases import PENDING
from queuedjob.api.kinds.queuedjob_status import JobStatus, parse_status
from queuedjob.api.types.times import format_time, parse_time
from queuedjob.kube.client import paths
from queuedjob.kube.objects.objects import Objects
from queuedjob.policy.job.conditions import UNREADABLE
from queuedjob.policy.job.inputs import Job
from queuedjob.ports import Body

_MESSAGE: Final = 1024
"""Characters of the message of a condition Unreadable."""

_FLAWS: Final = 3
"""The most flaws to name: users fix them one by one anyway."""


class Unreadable(ValueError):  # noqa: N818 - a state of a job, as Conflict and Refused are answers
    """The spec or the status cannot be parsed: no version of the operator known to us wrote it.

    The message is for people.
    """


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as the store keeps it: without template and payload, and with the status as JSON bytes."""

    uid: str
    name: str
    namespace: str
    resource_version: int
    generation: int
    created: datetime
    deleting: bool
    terms: JobTerms
    """One object, shared by all jobs with equal terms."""
    spec_hash: str
    policy_hash: str
    raw_status: bytes
    phase: str
    flaw: str = ""
    """Why the spec cannot be parsed; empty if it can. With a flaw, `terms` holds only defaults: do not use it."""

    def read(self) -> Job:
        """The job for one plan. Raises Unreadable for a spec that the CRD would refuse, or for an invalid status."""
        if self.flaw:
            raise Unreadable(f"spec: {self.flaw}")
        try:
            status = parse_status(orjson.loads(self.raw_status))
        except ValidationError as error:
            raise Unreadable(f"status: {_flaws(error)}") from error
        return Job(
            uid=self.uid,
            name=self.name,
            namespace=self.namespace,
            resource_version=self.resource_version,
            generation=self.generation,
            created=self.created,
            deleting=self.deleting,
            terms=self.terms,
            spec_hash=self.spec_hash,
            policy_hash=self.policy_hash,
            status=status,
        )


def job_from(body: Body, known: StoredJob | None = None) -> StoredJob:
    """The projection of a QueuedJob. `known` is an earlier one of the same UID: it saves hashing an unchanged spec.

    Texts that thousands of jobs share are stored only once.
    """
    metadata, spec, status = body["metadata"], body["spec"], body.get("status") or {}
    generation = metadata["generation"]
    unchanged = known is not None and known.uid == metadata["uid"] and known.generation == generation
    terms, flaw = (known.terms, known.flaw) if unchanged and known else _terms_or_flaw(spec)
    return StoredJob(
        uid=metadata["uid"],
        name=metadata["name"],
        namespace=intern(metadata["namespace"]),
        resource_version=int(metadata["resourceVersion"]),
        generation=generation,
        created=parse_time(metadata["creationTimestamp"]),
        deleting="deletionTimestamp" in metadata,
        terms=terms,
        spec_hash=known.spec_hash if unchanged and known else intern(spec_hash(spec)),
        policy_hash=known.policy_hash if unchanged and known else intern(policy_hash(spec)),
        raw_status=_exactly(orjson.dumps(status)),
        phase=intern(status.get("phase") or PENDING),
        flaw=flaw,
    )


def _terms_or_flaw(spec: Body) -> tuple[JobTerms, str]:
    try:
        return terms_of(spec), ""
    except ValidationError as error:
        return JobTerms(), _flaws(error)


def _flaws(error: ValidationError) -> str:
    named = (f"{'.'.join(str(step) for step in flaw['loc'])}: {flaw['msg']}" for flaw in error.errors()[:_FLAWS])
    return "; ".join(named)


def _exactly(serialised: bytes) -> bytes:
    """Copy the bytes without the spare memory that orjson allocates after them: 4 KiB for each job in the store."""
    return bytes(memoryview(serialised))


def terms_of(spec: Body) -> JobTerms:
    """The terms of a spec. Equal terms are the same object, because thousands of jobs differ only in their payload.

    Raises ValidationError for a spec that the CRD would have refused.
    """
    said = {key: value for key, value in spec.items() if key not in {"template", "payload"}}
    return _terms(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=4096)
def _terms(said: bytes) -> JobTerms:
    return JobTerms.model_validate(orjson.loads(said))


JOBS: Final[Objects[StoredJob]] = Objects(
    names.QUEUEDJOBS,
    paths.jobs,
    job_from,
    {"home": lambda job: (job.namespace, job.name), "stem": lambda job: (job.namespace, stem(job.name))},
)


def status_body(job: StoredJob, before: JobStatus, after: JobStatus) -> Body:
    """The body of a PUT to /status: the stored status with the changes from `before` to `after`.

    Its resourceVersion is the one that `before` was parsed from.
    """
    return _put_status(job, edit_status(orjson.loads(job.raw_status), before, after))


def with_unreadable(job: StoredJob, message: str, now: datetime) -> Body | None:
    """The body of a PUT to /status that adds the condition Unreadable to the stored status and keeps all else.

    None if the condition is there, or if the conditions are what cannot be read.
    """
    status = orjson.loads(job.raw_status)
    conditions = status.get("conditions") or []
    if not isinstance(conditions, list) or not all(isinstance(each, dict) for each in conditions):
        return None
    known: Body = next((each for each in conditions if each.get("type") == UNREADABLE), {})
    if (known.get("message"), known.get("status")) == (message[:_MESSAGE], "True"):
        return None
    condition = {
        "type": UNREADABLE,
        "status": "True",
        "reason": "Unreadable",
        "message": message[:_MESSAGE],
        "observedGeneration": job.generation,
        "lastTransitionTime": known.get("lastTransitionTime") or format_time(now.replace(microsecond=0)),
    }
    others = [each for each in conditions if each.get("type") != UNREADABLE]
    return _put_status(job, {**status, "conditions": [*others, condition]})


def _put_status(job: StoredJob, status: Body) -> Body:
    return {
        "apiVersion": names.API_VERSION,
        "kind": QUEUEDJOB.kind,
        "metadata": {
            "name": job.name,
            "namespace": job.namespace,
            "uid": job.uid,
            "resourceVersion": str(job.resource_version),
        },
        "status": status,
    }
