"""Build the liveness probe that checks a job's heartbeat, and read the checks in a container's spec."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from queuedjob.api import names
from queuedjob.policy.facts import Checks
from queuedjob.policy.failure.heartbeat_mark import mark
from queuedjob.ports import Body

VOLUME: Final[Body] = {"name": names.HEARTBEAT_VOLUME, "emptyDir": {}}
_MOUNT: Final[Body] = {"name": names.HEARTBEAT_VOLUME, "mountPath": names.HEARTBEAT_DIRECTORY}
_VARIABLE: Final[Body] = {"name": f"{names.ENVIRONMENT_PREFIX}HEARTBEAT", "value": names.HEARTBEAT_PATH}

_MESSAGE_PATH: Final = "/dev/termination-log"
"""The default of terminationMessagePath (pkg/apis/core/v1/types.go)."""

_SCRIPT: Final = """\
cd "${QUEUEDJOB_HEARTBEAT%/*}" || exit 0
[ -e started ] || touch started || exit 0
last=started
[ -e beat ] && last=beat
now=$(date +%s) && then=$(date -r $last +%s) || exit 0
silent=$((now - then))
if [ $silent -le "$1" ]; then rm -f late; exit 0; fi
[ -e late ] && printf '\\n%s\\n' "$2" >> "$3"
touch late
echo "last heartbeat $silent s ago"
exit 1
"""
"""Works with any sh and any date that has -r: those of busybox, Debian and Alpine (tests run it in several).

Until the job's first heartbeat, the container's start counts: this script first runs then. If the silence cannot be
measured, the probe succeeds. The mark is written only if the run before found silence, too: the kill is certain then.
A line feed is written before the mark, because the job's own text there may not end in one.
"""

_FAILURES: Final = 2
"""Failures in a row before the kill, so that one slow answer of a busy node kills no container."""
_LONGEST_PERIOD: Final = 10
_ANSWER: Final = 10
"""Seconds that one run may take. The default of 1 s is too short for a process on a busy node."""

_FAILURES_BY_DEFAULT: Final = 3
_PERIOD_BY_DEFAULT: Final = 10
"""The API server's defaults (pkg/apis/core/v1/defaults.go, SetDefaults_Probe). The period is in seconds."""

_SECONDS: Final = re.compile("[0-9]{1,9}")
"""An argument of our probe. Users write probes like ours, too, and Python reads no number of 5,000 digits."""


def with_heartbeat_probe(container: Body, silence: float) -> Body:
    """The main container, with a probe that kills it after `silence` seconds without a heartbeat.

    If the container already has a liveness probe, that probe is kept and ours is left out: a container has only one.
    The container's own probe may check the heartbeat file, too.
    """
    given = container.get("env") or []
    own = [each for each in given if not each["name"].startswith(names.ENVIRONMENT_PREFIX)]
    made = {
        **container,
        "env": [*given[: len(given) - len(own)], _VARIABLE, *own],  # ours first: the user's variables may refer to them
        "volumeMounts": [*(container.get("volumeMounts") or []), _MOUNT],
    }
    if container.get("livenessProbe"):
        return made
    return {**made, "livenessProbe": _probe(silence, container.get("terminationMessagePath") or _MESSAGE_PATH)}


def _probe(silence: float, message_path: str) -> Body:
    """A probe that fails from one period before `silence` on. The second failure, just after `silence`, kills."""
    period = min(_LONGEST_PERIOD, max(1, int(silence / 3)))
    tolerated = math.ceil(silence) - period
    arguments = [names.HEARTBEAT_VOLUME, str(tolerated), mark(silence), message_path]
    return {
        "exec": {"command": ["sh", "-c", _SCRIPT, *arguments]},
        "periodSeconds": period,
        "timeoutSeconds": _ANSWER,
        "failureThreshold": _FAILURES,
    }


def checks_of(container: Mapping[str, Any]) -> Checks | None:
    """The checks in a container's spec for which the kubelet kills a running container; None if there are none."""
    liveness = container.get("livenessProbe")
    soonest = [_soonest(probe) for probe in (liveness, container.get("startupProbe")) if isinstance(probe, dict)]
    lifecycle = container.get("lifecycle")
    if isinstance(lifecycle, dict) and isinstance(lifecycle.get("postStart"), dict):
        soonest.append(0.0)
    if not soonest:
        return None
    ours = isinstance(liveness, dict) and _tolerated(liveness) is not None
    return Checks(min(soonest), marks=ours, marks_all=ours and len(soonest) == 1)


def _soonest(probe: Mapping[str, Any]) -> float:
    """Seconds from the container's start until this probe can cause a kill at the earliest."""
    delay = _seconds(probe.get("initialDelaySeconds"), 0)
    period = _seconds(probe.get("periodSeconds"), _PERIOD_BY_DEFAULT)
    failures = _seconds(probe.get("failureThreshold"), _FAILURES_BY_DEFAULT)
    return delay + (failures - 1) * period + (_tolerated(probe) or 0)


def _tolerated(probe: Mapping[str, Any]) -> int | None:
    """Seconds of silence that our own probe tolerates; None for another probe."""
    match probe.get("exec"):
        case {"command": [_, _, _, names.HEARTBEAT_VOLUME, str(tolerated), *_]} if _SECONDS.fullmatch(tolerated):
            return int(tolerated)
        case _:
            return None


def _seconds(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
