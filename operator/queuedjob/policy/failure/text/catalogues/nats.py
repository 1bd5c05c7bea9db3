"""NATS: the errors of its clients. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

NATS: Final = Catalogue(
    system="NATS",
    example="`nats: no responders available for request`",
    source="nats-io/nats.go, nats.go (Err...) and jserrors.go",
    names={
        "text-unavailable": (
            "nats: no responders available for request",
            "NoRespondersError",
            "nats: no response from stream",
            "NoStreamResponseError",
            "nats: no servers available for connection",
            "NoServersError",
            "JetStream system temporarily unavailable",
            "JetStream not enabled for account yet",
        ),
        "text-connection-lost": ("nats: connection closed", "nats: stale connection", "nats: connection disconnected"),
        "text-timeout": ("nats: timeout", "NatsError: TIMEOUT"),
        "text-credentials": ("nats: authorization violation", "nats: permissions violation"),
        "text-too-large": ("nats: maximum payload exceeded",),
    },
)
