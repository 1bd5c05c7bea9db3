"""Read a kubelet's Event from JSON: the facts, and the container that they are about. Odd input raises no error."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from queuedjob.api.types.times import parse_time
from queuedjob.kube.objects.texts import text_in, word_in, words_in
from queuedjob.policy.facts import KubeletEvent

_FIELD: Final = re.compile(r"spec\.containers\{([a-z0-9-]{1,63})\}")
"""How involvedObject.fieldPath names a container, by a DNS label (pkg/kubelet/container/ref.go)."""

_WORDS: Final = 2048
"""Characters that are kept of an Event's message: its start, which names the cause. The kubelet quotes up to 10 KiB of
a probe's output; an attempt keeps 2 KiB of all that is said of it."""


def selecting(uid: str) -> str:
    """The field selector for the kubelet's Events about one object. Others report Events of the same reasons, too."""
    return f"involvedObject.uid={uid},reportingComponent=kubelet"


def kubelet_event_from(body: Mapping[str, Any]) -> KubeletEvent:
    """The facts in an Event. The container's name is empty if the Event is not about a regular container."""
    field = _FIELD.fullmatch(text_in(body.get("involvedObject"), "fieldPath"))
    at = _time(body, "eventTime")
    return KubeletEvent(
        reason=word_in(body, "reason"),
        message=words_in(body, "message", _WORDS),
        container=field[1] if field else "",
        first=_time(body, "firstTimestamp") or at,
        last=_time(body, "lastTimestamp") or at,
    )


def _time(body: Mapping[str, Any], key: str) -> datetime | None:
    """The time, without parts of a second, as a container's times are."""
    try:
        return parse_time(text_in(body, key)).replace(microsecond=0)
    except ValueError:
        return None
