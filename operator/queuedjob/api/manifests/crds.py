"""The CustomResourceDefinitions, built from the models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from queuedjob.api.identity import MAX_NAME
from queuedjob.api.kinds.deadletter import DEAD, LetterSpec, LetterStatus
from queuedjob.api.kinds.queuedjob import JobSpec
from queuedjob.api.kinds.queuedjob_phases import PENDING
from queuedjob.api.kinds.queuedjob_status import NOT_OBSERVED, JobStatus
from queuedjob.api.manifests.schema import Schema, intent_schema, state_schema
from queuedjob.api.names import DEADLETTERS, GROUP, QUEUEDJOBS, VERSION

_WIDE: Final = 1
"""Priority of a column that only `kubectl get -o wide` shows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The parts of a CRD beyond the fields of the kind."""

    kind: str
    plural: str
    short: str
    description: str
    columns: Sequence[Mapping[str, Any]]
    selectable: Sequence[str]


def _column(name: str, path: str, type_: str = "string", *, wide: bool = False) -> dict[str, Any]:
    return {"name": name, "type": type_, "jsonPath": path} | ({"priority": _WIDE} if wide else {})


_AGE: Final = _column("Age", ".metadata.creationTimestamp", "date")

QUEUEDJOB: Final = Kind(
    kind="QueuedJob",
    plural=QUEUEDJOBS,
    short="qj",
    description="One unit of work: a pod template, and the promises made about it. It is retried where that is worth "
    "it, quarantined where it keeps crashing, and moved to a DeadLetter where it is beyond help.",
    columns=(
        _column("Phase", ".status.phase"),
        _column("Attempts", ".status.attemptsSummary"),
        _column("Queue", ".spec.queue"),
        _column("Reason", ".status.reason"),
        # Strings: a date column prints <invalid> for a time in the future.
        _column("Next Attempt", ".status.nextAttemptTime", wide=True),
        _column("Node", ".status.attempts[-1:].nodeName", wide=True),
        _column("Progress", ".status.progressSummary", wide=True),
        _AGE,
    ),
    selectable=(".spec.type", ".spec.queue", ".status.phase"),
)

DEADLETTER: Final = Kind(
    kind="DeadLetter",
    plural=DEADLETTERS,
    short="dl",
    description="A QueuedJob that ended badly: its spec, every attempt with its last words, why it ended, and what to "
    "do. It outlives the job. Its spec is a record: only spec.resolution may change.",
    columns=(
        _column("Job", ".spec.jobRef.name"),
        _column("Reason", ".spec.reason"),
        _column("Class", ".spec.class"),
        _column("Action", ".spec.action"),
        _column("Phase", ".status.phase"),
        _column("Rule", ".spec.rule", wide=True),
        _column("Fingerprint", ".spec.fingerprint", wide=True),
        _AGE,
    ),
    selectable=(".spec.jobRef.name", ".spec.reason", ".spec.fingerprint", ".status.phase"),
)


def queuedjob_crd(pod_template: Mapping[str, Any]) -> dict[str, Any]:
    """The CRD of QueuedJob. A new job is Pending and not observed, so that no tool takes it for a healthy job."""
    spec = intent_schema(JobSpec, pod_template) | {"description": "What to run, and on which terms."}
    status = state_schema(JobStatus) | {
        "description": "What has been decided about the job. Written by the operator only.",
        "default": {"observedGeneration": NOT_OBSERVED, "phase": PENDING},
    }
    return _crd(QUEUEDJOB, spec, status)


def deadletter_crd() -> dict[str, Any]:
    """The CRD of DeadLetter. Its spec can be written only once, except `resolution`."""
    spec = state_schema(LetterSpec) | {
        "description": "The record of a death, and in resolution a person's word on it.",
        "x-kubernetes-validations": [_unchanged(set(LetterSpec.model_fields) - {"resolution", *_UNTYPED})],
    }
    status = state_schema(LetterStatus) | {
        "description": "What became of the letter. Written by the operator only.",
        "default": {"phase": DEAD},
    }
    return _crd(DEADLETTER, spec, status)


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


def _crd(kind: Kind, spec: Schema, status: Schema) -> dict[str, Any]:
    singular = kind.kind.lower()
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": singular,
                "shortNames": [kind.short],
                "categories": ["all"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": list(kind.columns),
                    "selectableFields": [{"jsonPath": path} for path in kind.selectable],
                    "schema": {"openAPIV3Schema": _root(kind, spec, status)},
                }
            ],
        },
    }


def _root(kind: Kind, spec: Schema, status: Schema) -> Schema:
    return {
        "description": kind.description,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
        "x-kubernetes-validations": [
            {
                "rule": f"size(self.metadata.name) <= {MAX_NAME}",
                "message": f"the name of a {kind.kind} has at most {MAX_NAME} characters: labels carry it",
            }
        ],
    }
