"""Checks of sizes: the whole spec, the payload and its depth, labels and annotations.

CEL cannot write JSON. It can format any value as text that is close to JSON (`format`), whatever the value's schema,
and count the bytes of the text; a number with a fraction gets six decimals. That is cheap for the API server, but
walking through a payload element by element takes it seconds. So the depth is told by its usual form, a run of opening
brackets. The operator measures both exactly before it creates a pod (kube/objects/carried.py).

The text of what is nested n deep costs the square of n: measured, 4 s of CPU for a payload of 9,000 levels, and as much
again for whoever formats it twice. So the payload's text is made once, and the rest of the spec, which its schema keeps
flat, apart from it.
"""

from typing import Final

from queuedjob.api.manifests.admission.policy import CREATE_OR_CHANGE, Check, Policy
from queuedjob.api.types import limits

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

_DEEP: Final = r'([\[{]("[^"]*": ?)?){DEPTH}'.replace("DEPTH", str(limits.PAYLOAD_DEPTH + 1))

_ELSEWHERE: Final = "put the data where the job can fetch it, and a reference to it here"


def _bytes_of(value: str) -> str:
    """CEL for the size of an optional value as text, in bytes; 0 if there is none."""
    return f"({value}.hasValue() ? size(bytes('%s'.format([{value}.value()]))) : 0)"


def _over(limit: int) -> str:
    return f"over the limit of {limit} ({limit // limits.KIB} KiB)"


LARGE: Final = ("template", "failurePolicy", "retry")
"""The fields of the spec that can be large, beside the payload; the schema keeps all others short."""

_VARIABLES: Final = {
    "specIsNew": "request.operation == 'CREATE' || object.spec != oldObject.spec",
    "metadataIsNew": "request.operation == 'CREATE' || object.metadata.?labels != oldObject.metadata.?labels || "
    "object.metadata.?annotations != oldObject.metadata.?annotations",
    "payload": "has(object.spec.payload) ? '%s'.format([object.spec.payload]) : ''",
    "payloadSize": "size(bytes(variables.payload))",
    "specSize": "variables.payloadSize + " + " + ".join(_bytes_of(f"object.spec.?{field}") for field in LARGE),
    "metadataSize": f"{_bytes_of('object.metadata.?labels')} + {_bytes_of('object.metadata.?annotations')} - "
    + _bytes_of(f"object.metadata.?annotations[?'{_LAST_APPLIED}']"),
}

_CHECKS: Final = (
    Check(
        f"!variables.specIsNew || variables.payloadSize <= {limits.PAYLOAD}",
        f"spec.payload has {{string(variables.payloadSize)}} bytes, {_over(limits.PAYLOAD)}; {_ELSEWHERE}",
    ),
    Check(
        f"!variables.specIsNew || variables.payloadSize > {limits.PAYLOAD} || !variables.payload.matches(r'{_DEEP}')",
        f"spec.payload is nested more than {limits.PAYLOAD_DEPTH} deep; make it flatter, or give the deep part as one "
        "string",
    ),
    Check(
        f"!variables.specIsNew || variables.specSize <= {limits.SPEC}",
        f"spec has {{string(variables.specSize)}} bytes, {_over(limits.SPEC)} for the whole of it; {_ELSEWHERE}, and "
        "long scripts into the image or a ConfigMap",
    ),
    Check(
        f"!variables.metadataIsNew || variables.metadataSize <= {limits.METADATA}",
        f"metadata.labels and metadata.annotations have {{string(variables.metadataSize)}} bytes together, "
        f"{_over(limits.METADATA)}; take out what the job does not need",
    ),
)

SIZES: Final = Policy("queuedjob-sizes", CREATE_OR_CHANGE, {}, _CHECKS, _VARIABLES)
