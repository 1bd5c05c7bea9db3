"""The jobs: what the script of each does, and how each must end, whatever breaks meanwhile. Pure.

A script decides by what its own earlier attempts wrote, never by the attempt's number. A disruption uses up a number
and spends nothing; so the script takes as many attempts as it needs, and must get them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

WITNESS: Final = "/witness"
"""The path of the node's folder in a pod."""

LET_GO: Final = "go"
"""The folder, in the witness's folder, of empty files that are named after jobs that shall end."""

_GRACE: Final = 2
"""Seconds from SIGTERM to SIGKILL, unless a kind sets another value."""

_PRELUDE: Final = f"""
f={WITNESS}/$QUEUEDJOB_UID
say() {{ echo "${{EPOCHREALTIME/./}}000 $REDRIVES $QUEUEDJOB_ATTEMPT $POD $*" >> "$f"; }}
ticks() {{ n=0; while [ $n -lt $1 ]; do sleep 0.1; say tick; n=$((n + 1)); done; }}
earlier() {{ grep -c " $*\\$" "$f"; }}
trap 'say end $?' EXIT
trap 'say told; exit 143' TERM
say start
"""
"""busybox has no nanoseconds; its shell has the time without another process."""

_DEAF: Final = "trap 'say told' TERM\n"
"""The script ignores SIGTERM and works until it is killed."""

_FOREVER: Final = "while :; do ticks 10; done"


@dataclass(frozen=True, slots=True)
class Expected:
    """How a job must end."""

    phase: str
    """The phase; empty: the job is gone."""
    reason: str = ""
    """The reason; empty: any."""
    spent: tuple[str, ...] = ()
    """The classes of the attempts that may be counted, in order; the class of a success is empty."""
    short_deadline: bool = False
    """The deadline may pass before the container starts: then a StartFailure is counted, caused by the cluster. Or an
    attempt ends well in the second of its deadline, and counts as a Timeout."""
    redrives: int = 0
    letters: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job."""

    name: str
    script: str
    expected: Expected
    weight: int
    """How often it occurs, relative to the others."""
    spec: dict[str, Any] = field(default_factory=dict)
    grace: int = _GRACE


_SOON: Final = {"initial": "500ms", "max": "2s"}
_SUCCESS: Final = ""


def _retry(attempts: int) -> dict[str, Any]:
    return {"retry": {"maxAttempts": attempts, "maxDisruptions": 1000, "backoff": _SOON}}


def _deadline(seconds: int, attempts: int) -> dict[str, Any]:
    return {"timeouts": {"attempt": f"{seconds}s", "growth": 1}, **_retry(attempts)}


def _dead(reason: str, *spent: str, short_deadline: bool = False) -> Expected:
    return Expected("DeadLettered", reason, spent, short_deadline=short_deadline, letters=1)


CANCELLED: Final = "cancelled"
PAUSED: Final = "paused"
STUBBORN: Final = "stubborn"
DELETED: Final = "deleted"
MENDED: Final = "mended"
HELD: Final = "held"
LATER: Final = "later"

KINDS: Final = (
    Kind("quick", "exit 0", Expected("Succeeded", spent=(_SUCCESS,)), 4, {"podHistoryLimit": 0}),
    Kind("steady", "ticks 40", Expected("Succeeded", spent=(_SUCCESS,)), 4, {"podHistoryLimit": 1}),
    Kind(
        "flaky",
        "ticks 8; test $(earlier end 75) -ge 2 || exit 75",
        Expected("Succeeded", spent=("Transient", "Transient", _SUCCESS)),
        4,
        _retry(3),
    ),
    Kind("hopeless", "ticks 3; exit 75", _dead("MaxAttempts", *("Transient",) * 3), 2, _retry(3)),
    Kind("usage", "ticks 2; exit 64", _dead("Permanent", "Permanent"), 1, {"podHistoryLimit": 1}),
    Kind("input", "ticks 2; exit 65", _dead("Permanent", "Permanent"), 1),
    Kind(
        "poisonous",
        "ticks 3; exit 70",
        Expected("Quarantined", "PoisonPill", ("Crash",) * 3, letters=1),
        1,
        _retry(9) | {"podHistoryLimit": 0},
    ),
    Kind("hangs", _FOREVER, _dead("MaxAttempts", "Timeout", "Timeout", short_deadline=True), 1, _deadline(8, 2)),
    Kind("deaf", _DEAF + _FOREVER, _dead("MaxAttempts", "Timeout", "Timeout", short_deadline=True), 1, _deadline(8, 2)),
    Kind(
        "slow",
        f"test $(earlier told) -ge 1 || {{ {_FOREVER}; }}",
        Expected("Succeeded", spent=("Timeout", _SUCCESS), short_deadline=True),
        2,
        _deadline(8, 9),
    ),
    Kind(CANCELLED, _FOREVER, Expected("Cancelled"), 2),
    Kind(
        PAUSED,
        f"until test -e {WITNESS}/{LET_GO}/$QUEUEDJOB_UID; do ticks 5; done",
        Expected("Succeeded", spent=(_SUCCESS,)),
        2,
    ),
    Kind(
        STUBBORN,
        f"test $(earlier told) -ge 1 || {{ {_DEAF} {_FOREVER}; }}; ticks 10",
        Expected("Succeeded", spent=(_SUCCESS,)),
        2,
        grace=8,
    ),
    Kind(DELETED, _FOREVER, Expected(""), 2),
    Kind(
        MENDED,
        "ticks 2; exit 65",
        Expected("Succeeded", spent=(_SUCCESS,), redrives=1, letters=1),
        2,
    ),
)
WAITING: Final = (
    Kind(HELD, "exit 0", Expected("Waiting", "Suspended"), 1, {"suspend": True}),
    Kind(LATER, "exit 0", Expected("Waiting", "NotBeforeTime"), 1, {"notBeforeTime": "2099-01-01T00:00:00Z"}),
)
"""One job of each: they only have to be shown."""


def endless(seed: int) -> Iterator[Kind]:
    """Yield kinds in the order in which their jobs are created."""
    chance = random.Random(f"{seed} load")  # noqa: S311 - repeatable, not secret
    pack = [kind for kind in KINDS for _ in range(kind.weight)]
    while True:
        yield from chance.sample(pack, len(pack))


def template(script: str, folder: str, grace: int = _GRACE) -> dict[str, Any]:
    """Return the pod template; `folder` is the witness's on the node, `grace` the seconds from SIGTERM to SIGKILL."""
    environment = {"POD": "metadata.uid", "REDRIVES": "metadata.labels['queuedjob.dev/redrives']"}
    container = {
        "name": "main",
        "image": "busybox:1.36",
        "command": ["sh", "-c", _PRELUDE + script],
        "env": [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in environment.items()],
        "volumeMounts": [{"name": "witness", "mountPath": WITNESS}],
    }
    return {
        "spec": {
            "terminationGracePeriodSeconds": grace,
            "containers": [container],
            "volumes": [{"name": "witness", "hostPath": {"path": folder, "type": "Directory"}}],
        }
    }


def manifest(kind: Kind, name: str, namespace: str, folder: str) -> dict[str, Any]:
    """Return the job, as its owner applies it."""
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": kind.name, **kind.spec, "template": template(kind.script, folder, kind.grace)},
    }
