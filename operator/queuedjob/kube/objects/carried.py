"""What the operator cannot carry, measured exactly before a pod is created.

On apply, admission refuses the same with a coarser measure. This check speaks where admission was not installed, or
measured less: a spec of `<` takes six times its size in etcd.
"""

from typing import Final

import orjson

from queuedjob.api.types import limits
from queuedjob.api.types.json_value import nested_deeper_than
from queuedjob.policy.failure.evidence import PAYLOAD_TOO_DEEP, PAYLOAD_TOO_LARGE, SPEC_TOO_LARGE
from queuedjob.ports import Body

_ESCAPED: Final = (b"<", b">", b"&")
"""The API server stores each of these bytes as six (Go's encoding/json escapes them for HTML)."""

_ELSEWHERE: Final = "put the data where the job can fetch it, and a reference to it here"


class NotCarried(ValueError):  # noqa: N818 - a fact about the spec
    """The spec is over a limit, so no pod is made of it. `reason` is one word in CamelCase."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def check_carried(spec: Body) -> None:
    """Raise NotCarried if the payload is too deep or too large, or the whole spec is too large."""
    payload = spec.get("payload")
    if nested_deeper_than(payload, limits.PAYLOAD_DEPTH):
        raise NotCarried(
            PAYLOAD_TOO_DEEP,
            f"spec.payload is nested more than {limits.PAYLOAD_DEPTH} deep; make it flatter, or give the deep part as "
            "one string",
        )
    size = len(orjson.dumps(payload))
    if size > limits.PAYLOAD:
        raise NotCarried(
            PAYLOAD_TOO_LARGE,
            f"spec.payload is {size} bytes as JSON, over the limit of {limits.PAYLOAD}; {_ELSEWHERE}",
        )
    stored = orjson.dumps(spec)
    size = len(stored) + 5 * sum(stored.count(each) for each in _ESCAPED)
    if size > limits.STORED_SPEC:
        raise NotCarried(
            SPEC_TOO_LARGE,
            f"spec is {size} bytes as the API server stores it, over the limit of {limits.STORED_SPEC}; {_ELSEWHERE}, "
            "and long scripts into the image or a ConfigMap",
        )
