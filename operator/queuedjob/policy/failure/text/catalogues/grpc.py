"""gRPC: the status codes of a call. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

_RULES: Final = {
    "unavailable": "text-unavailable",
    "aborted": "text-unavailable",
    "resource exhausted": "text-rate-limited",
    "deadline exceeded": "text-timeout",
    "unauthenticated": "text-credentials",
    "permission denied": "text-credentials",
    "not found": "text-not-found",
    "already exists": "text-duplicate",
    "invalid argument": "text-invalid",
    "out of range": "text-invalid",
    "unimplemented": "text-program",
}
"""Cancelled, Unknown, Internal, DataLoss and FailedPrecondition do not say whether another attempt may succeed."""

_BESIDE: Final = "(status code|status|code|exception|rpc error code|grpc|status runtime exception)"


def _phrases() -> dict[str, tuple[str, ...]]:
    rules = sorted(set(_RULES.values()))
    return {rule: tuple(f"{_BESIDE} {name}" for name, known in _RULES.items() if known == rule) for rule in rules}


GRPC: Final = Catalogue(
    system="gRPC",
    example="`rpc error: code = Unavailable`, `StatusCode.DEADLINE_EXCEEDED`, `14 UNAVAILABLE`",
    source="grpc/grpc, doc/statuscodes.md; AIP-194 for what may be tried again",
    phrases=_phrases()
    | {"text-unavailable": (f"{_BESIDE} (unavailable|aborted)", "14 unavailable", "10 aborted")}
    | {"text-timeout": (f"{_BESIDE} deadline exceeded", "4 deadline exceeded")}
    | {"text-rate-limited": (f"{_BESIDE} resource exhausted", "8 resource exhausted")},
)
