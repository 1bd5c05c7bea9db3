"""Convert QueuedJobs between the API server and the store: a slotted projection in, an edited status out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from hashlib import sha256
from itertools import islice
from typing import Final
from weakref import WeakValueDictionary

import orjson
from pydantic import ValidationError

from queuedjob.api import names
from queuedjob.api.canonical import policy_hash, spec_hash
from queuedjob.api.editing import edit_status
from queuedjob.api.identity import name_hash
from queuedjob.api.kinds.queuedjob import QUEUEDJOB, JobTerms
from queuedjob.api.kinds.queuedjob_phases import PENDING
from queuedjob.api.kinds.queuedjob_status import JobStatus, parse_status
from queuedjob.api.types.json_value import DEEPEST, nested_deeper_than
from queuedjob.api.types.times import format_time, parse_time
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.decoding import Cut
from queuedjob.kube.objects.objects import Objects
from queuedjob.kube.objects.texts import as_name, time_in
from queuedjob.policy.facts import JobId
from queuedjob.policy.job.conditions import UNREADABLE
from queuedjob.policy.job.ineffective import KUEUE_QUEUE_LABEL, OURS
from queuedjob.policy.job.inputs import Job
from queuedjob.ports import Body

_MESSAGE: Final = 1024
"""Characters of the message of a condition Unreadable."""

_FLAWS: Final = 3
"""The most flaws to name: users fix them one by one anyway."""

_HOLDERS: Final = 3
"""The most finalizers to name, for the same reason."""

_OF_THE_COLLECTOR: Final = frozenset({"foregroundDeletion", "orphan"})
"""Finalizers that the garbage collector removes once it has dealt with the dependents (apimachinery, metav1)."""


class Unreadable(ValueError):  # noqa: N818 - a state of a job, as Conflict and Refused are answers
    """The spec or the status cannot be parsed: no version of the operator known to us wrote it.

    The message is for people.
    """


_DEEP_PAYLOAD: Final = f"spec: payload: it is nested more than {DEEPEST} deep; make it flatter, or store it elsewhere"
_DEEP_STATUS: Final = "status: it is nested too deep to be read"


_SHORT: Final = 1024
"""Bytes of terms that are not large. Mostly rules of a job's own make terms large."""

_PARSED: Final = 512
_PARSED_LARGE: Final = 32
"""How many terms are kept parsed, and how many large ones: about as many as jobs are worked on at a time. Parsed, terms
take up to ten times the memory of their text. To parse them again takes 0.1 ms, and 0.4 ms if they are large."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Said:
    """What a spec says, but for template and payload, as JSON. A job waits for hours, and its terms are seldom read."""

    text: bytes

    @property
    def terms(self) -> JobTerms:
        """The terms. Raises ValidationError for a spec that the CRD would have refused."""
        return _parsed(self) if len(self.text) <= _SHORT else _parsed_large(self)


def _parse(said: Said) -> JobTerms:
    return JobTerms.model_validate(orjson.loads(said.text))


_parsed: Final = lru_cache(maxsize=_PARSED)(_parse)
_parsed_large: Final = lru_cache(maxsize=_PARSED_LARGE)(_parse)


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
    said: Said
    """The terms, as the spec says them; one object, shared by all jobs with equal terms."""
    queue: str
    spec_hash: str
    policy_hash: str
    raw_status: bytes
    phase: str
    redrives: int = 0
    misplaced_labels: tuple[str, ...] = ()
    """Keys of labels on the job that mean something on its pods only."""
    held_by: tuple[str, ...] = ()
    """The first finalizers that keep a job which is being deleted, except the garbage collector's own."""
    retry_now: str = ""
    """Value of the annotation that asks for the next attempt now; empty without one of the form of a time."""
    flaw: str = ""
    """Why the spec cannot be read; empty if it can. With a flaw, `terms` holds only defaults: do not use it."""
    status_flaw: str = ""
    """Why the status cannot be read, where it is not its schema that tells."""

    @property
    def id(self) -> JobId:
        """The job's identity."""
        return JobId(self.namespace, self.uid)

    @property
    def terms(self) -> JobTerms:
        """The job's terms. To walk through the terms of many jobs takes 0.1 ms for each."""
        return self.said.terms

    def read(self) -> Job:
        """The job for one plan. Raises Unreadable for a spec that the CRD would refuse, or for an invalid status."""
        if self.flaw or self.status_flaw:
            raise Unreadable(self.flaw or self.status_flaw)
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
            misplaced_labels=self.misplaced_labels,
            held_by=self.held_by,
            retry_now=self.retry_now,
        )


def job_from(body: Body, known: StoredJob | None = None) -> StoredJob:
    """The projection of a QueuedJob. `known` is an earlier one of the same UID: it saves hashing an unchanged spec.

    A spec or status that cannot be read, too deep ones included, makes a job that `read` refuses: it keeps its name.
    Texts that thousands of jobs share are stored only once.
    """
    metadata, spec, status = body["metadata"], body["spec"], body.get("status") or {}
    cut = body.parts if isinstance(body, Cut) else frozenset()
    generation = metadata["generation"]
    unchanged = known is not None and known.uid == metadata["uid"] and known.generation == generation
    said, flaw = (known.said, known.flaw) if unchanged and known and not cut else _said_or_flaw(spec, cut)
    return StoredJob(
        uid=metadata["uid"],
        name=metadata["name"],
        namespace=_shared(metadata["namespace"]),
        resource_version=wire.version_of(body),
        generation=generation,
        created=parse_time(metadata["creationTimestamp"]),
        deleting="deletionTimestamp" in metadata,
        said=said,
        queue=known.queue if known and known.said is said else _shared(said.terms.queue),
        spec_hash=known.spec_hash if unchanged and known else _shared(spec_hash(spec)),
        policy_hash=known.policy_hash if unchanged and known else _shared(policy_hash(spec)),
        raw_status=_exactly(orjson.dumps(status)),
        phase=_shared(status.get("phase") or PENDING),
        redrives=_redrives(status),
        misplaced_labels=_misplaced_labels(body),
        held_by=_held_by(metadata) if "deletionTimestamp" in metadata else (),
        retry_now=time_in(metadata.get("annotations"), names.RETRY_NOW_ANNOTATION),
        flaw=flaw,
        status_flaw=_DEEP_STATUS if "status" in cut else "",
    )


def _held_by(metadata: Body) -> tuple[str, ...]:
    others = (each for each in metadata.get("finalizers") or () if each not in _OF_THE_COLLECTOR)
    return tuple(islice(filter(None, (as_name(each) for each in others)), _HOLDERS))


def _misplaced_labels(body: Body) -> tuple[str, ...]:
    """The first label below our group, and Kueue's label unless the template has it, too."""
    labels = body["metadata"].get("labels")
    if not labels:
        return ()
    ours = next((key for key in labels if key.startswith(OURS)), None)
    on_pods = (body["spec"].get("template") or {}).get("metadata") or {}
    unqueued = KUEUE_QUEUE_LABEL in labels and KUEUE_QUEUE_LABEL not in (on_pods.get("labels") or {})
    return (*([ours] if ours else []), *([KUEUE_QUEUE_LABEL] if unqueued else []))


@lru_cache(maxsize=8192)
def _shared(text: str) -> str:
    """Return one object for equal texts, as long as jobs with this text keep coming.

    sys.intern would keep every hash that ever was: from Python 3.12 on, interned texts may be immortal.
    """
    return text


def _redrives(status: Body) -> int:
    """The redrive count in a status that may hold anything."""
    counters = status.get("counters")
    count = counters.get("redrives") if isinstance(counters, dict) else None
    return count if isinstance(count, int) and count > 0 else 0


def _said_or_flaw(spec: Body, cut: Collection[str]) -> tuple[Said, str]:
    if "spec" in cut or nested_deeper_than(spec.get("payload"), DEEPEST):
        return _said({}), _DEEP_PAYLOAD
    said = _said(spec)
    try:
        _ = said.terms
    except ValidationError as error:
        return _said({}), f"spec: {_flaws(error)}"
    return said, ""


def _flaws(error: ValidationError) -> str:
    named = (f"{'.'.join(str(step) for step in flaw['loc'])}: {flaw['msg']}" for flaw in error.errors()[:_FLAWS])
    return "; ".join(named)


def _exactly(serialised: bytes) -> bytes:
    """Copy the bytes without the spare memory that orjson allocates after them: 4 KiB for each job in the store."""
    return bytes(memoryview(serialised))


def _said(spec: Body) -> Said:
    """What a spec says. Equal specs say the same object, because thousands of jobs differ only in their payload.

    What no job says any more is kept only as long as it is among the latest that were parsed.
    """
    fields = {key: value for key, value in spec.items() if key not in {"template", "payload"}}
    text = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    key = sha256(text).digest()
    said = _SAID.get(key)
    if said is None:
        said = _SAID[key] = Said(_exactly(text))
    return said


_SAID: Final = WeakValueDictionary[bytes, Said]()
"""By the SHA-256 hash of what the spec says: no user can make two texts with one hash."""


RUNS_INDEXED: Final = (0, 1, -1)
"""The runs, from the one that the status has, by whose hash in a pod's name a job is found. The store may be behind by
a run, and a stray is mostly of the run before."""


def _hash_of_run(lead: int, job: StoredJob) -> tuple[str, str] | None:
    run = job.redrives + lead
    return (job.namespace, name_hash(job.uid, run)) if run >= 0 else None


def hashes_in_names(job: StoredJob) -> tuple[tuple[str, str], ...]:
    """Return the namespace and the hash in the names of the pods, for each of the job's runs in RUNS_INDEXED.

    Users read the UIDs of others, and so know these hashes: they are looked up in the namespace of the job.
    """
    return tuple(each for lead in RUNS_INDEXED if (each := _hash_of_run(lead, job)) is not None)


JOBS: Final[Objects[StoredJob]] = Objects(
    names.QUEUEDJOBS,
    paths.jobs,
    job_from,
    {
        "home": lambda job: (job.namespace, job.name),
        **{f"run{lead:+}": partial(_hash_of_run, lead) for lead in RUNS_INDEXED},
    },
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
