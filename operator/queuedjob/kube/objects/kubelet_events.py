"""Read a kubelet's Event from JSON: the facts, and the container that they are about. Odd input raises no error."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from queuedjob.api.types.plain_text import plain
from queuedjob.api.types.times import parse_time
from queuedjob.policy.facts import KubeletEvent

_FIELD: Final = re.compile(r"spec\.containers\{([^{}]+)\}")
"""How involvedObject.fieldPath names a container (pkg/kubelet/container/ref.go)."""


def selecting(uid: str) -> str:
    """The field selector for the kubelet's Events about one object. Others report Events of the same reasons, too."""
    return f"involvedObject.uid={uid},reportingComponent=kubelet"


def kubelet_event_from(body: Mapping[str, Any]) -> KubeletEvent:
    """The facts in an Event. The container's name is empty if the Event is not about a regular container."""
    spoken_of = body.get("involvedObject")
    field = _FIELD.fullmatch(_text(spoken_of, "fieldPath"))
    at = _time(body, "eventTime")
    return KubeletEvent(
        reason=_text(body, "reason"),
        message=plain(_text(body, "message")),
        container=field[1] if field else "",
        first=_time(body, "firstTimestamp") or at,
        last=_time(body, "lastTimestamp") or at,
    )


def _text(body: object, key: str) -> str:
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def _time(body: Mapping[str, Any], key: str) -> datetime | None:
    """The time, without parts of a second, as a container's times are."""
    try:
        return parse_time(_text(body, key)).replace(microsecond=0)
    except ValueError:
        return None
