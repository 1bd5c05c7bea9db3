"""AMQP 0-9-1 (RabbitMQ): the reply codes with which a broker closes a channel or a connection. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

AMQP: Final = Catalogue(
    system="AMQP (RabbitMQ)",
    example="`(320) CONNECTION_FORCED`, `(405) RESOURCE_LOCKED`",
    source="AMQP 0-9-1, Complete reference, Reply codes; RabbitMQ, Consumer delivery acknowledgement timeout",
    phrases={"text-timeout": ("delivery acknowledgement ... timed out",)},
    names={
        "text-connection-lost": (
            "CONNECTION_FORCED",
            "StreamLostError",
            "AMQPConnectionError",
            "ChannelWrongStateError",
        ),
        "text-lock": ("RESOURCE_LOCKED", "ResourceLocked"),
        "text-busy": ("RESOURCE_ERROR",),
        "text-too-large": ("CONTENT_TOO_LARGE",),
        "text-credentials": ("ACCESS_REFUSED",),
        "text-timeout": ("missed heartbeats from client",),
    },
)
"""PRECONDITION_FAILED belongs to none: an argument that differs, and a delivery that was not acknowledged in time."""
