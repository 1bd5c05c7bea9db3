"""Read a kubelet's Event from JSON: the facts, and the container that they are about. Odd input raises no error."""

import re
from collections.abc import Mapping
from typing import Any, Final

from queuedjob.policy.job.missing_evidence import KubeletEvent

_FIELD: Final = re.compile(r"spec\.containers\{([^{}]+)\}")
"""How involvedObject.fieldPath names a container (pkg/kubelet/container/ref.go)."""


def selecting(uid: str) -> str:
    """The field selector for the Events of one object."""
    return f"involvedObject.uid={uid}"


def kubelet_event_from(body: Mapping[str, Any]) -> KubeletEvent:
    """The facts in an Event. The container's name is empty if the Event is not about a regular container."""
    spoken_of = body.get("involvedObject")
    field = _FIELD.fullmatch(_text(spoken_of, "fieldPath"))
    return KubeletEvent(
        reason=_text(body, "reason"),
        message=_text(body, "message"),
        container=field[1] if field else "",
        time=_text(body, "lastTimestamp") or _text(body, "eventTime"),
    )


def _text(body: object, key: str) -> str:
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
