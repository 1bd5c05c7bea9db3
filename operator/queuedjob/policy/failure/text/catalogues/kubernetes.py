"""Kubernetes: the reasons and the words of its API server. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

KUBERNETES: Final = Catalogue(
    system="Kubernetes",
    example="`Error from server (ServiceUnavailable)`, `the object has been modified`",
    source="kubernetes/apimachinery, pkg/apis/meta/v1/types.go (StatusReason) and pkg/api/errors",
    names={
        "text-unavailable": (
            "Error from server (ServiceUnavailable)",
            "Error from server (InternalError)",
            "the server is currently unable to handle the request",
            "leaderelection lost",
            "leader election lost",
        ),
        "text-contention": ("Error from server (Conflict)", "the object has been modified"),
        "text-timeout": (
            "Error from server (Timeout)",
            "Error from server (ServerTimeout)",
            "the server was unable to return a response in the time allotted",
            "timed out waiting for the condition",
        ),
        "text-rate-limited": ("Error from server (TooManyRequests)", "client rate limiter Wait returned an error"),
        "text-duplicate": ("Error from server (AlreadyExists)",),
        "text-credentials": ("Error from server (Forbidden)", "Error from server (Unauthorized)"),
        "text-not-found": ("Error from server (NotFound)",),
        "text-invalid": ("Error from server (Invalid)", "Error from server (BadRequest)"),
    },
)
