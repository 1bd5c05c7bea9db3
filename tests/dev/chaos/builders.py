"""Invented witnesses, jobs, pods and dead letters."""

from datetime import UTC, datetime
from typing import Any

from dev.chaos.judging import FINALIZER
from dev.chaos.witness import END, START, TICK, TOLD, Line

BEGAN = 1_800_000_000
"""Seconds since 1970."""


def at(second: float) -> int:
    """Return nanoseconds since 1970, `second` seconds after BEGAN."""
    return int((BEGAN + second) * 1e9)


def time(second: float) -> str:
    """Return the time in the format of Kubernetes."""
    return datetime.fromtimestamp(BEGAN + second, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def a_pod_run(  # the facts of one pod
    pod: str,
    attempt: int = 1,
    *,
    redrives: int = 0,
    begins: float = 0,
    ticks: int = 3,
    ends: int | None = 0,
    told: bool = False,
) -> list[Line]:
    """Return the lines of a pod: ten ticks a second from its start, then its end, unless `ends` is None."""
    words = [START, *([TICK] * ticks), *([TOLD] if told else [])]
    lines = [Line(at(begins + n / 10), redrives, attempt, pod, word) for n, word in enumerate(words)]
    if ends is None:
        return lines
    return [*lines, Line(lines[-1].at, redrives, attempt, pod, END, ends)]


def an_attempt(
    pod: str,
    number: int = 1,
    failure: str = "",
    rule: str = "succeeded",
    *,
    ended: float = 1,
    code: int | None = 0,
    counted: bool = True,
) -> dict[str, Any]:
    """Return an entry of status.attempts; a success unless the arguments differ."""
    return {
        "number": number,
        "podUID": pod,
        "finishTime": time(ended),
        **({} if code is None else {"exitCode": code}),
        **({"class": failure} if failure else {}),
        "rule": rule,
        "counted": counted,
    }


def a_job(phase: str, *attempts: dict[str, Any], reason: str = "", **status: Any) -> dict[str, Any]:  # noqa: ANN401 - as in a status
    """Return a job whose counters match its attempts."""
    classes = [each.get("class", "") for each in attempts]
    counters = {
        "pods": len(attempts),
        "attempts": sum(each["counted"] for each in attempts),
        "disruptions": classes.count("Disruption"),
        "crashes": classes.count("Crash"),
        "timeouts": classes.count("Timeout"),
        **status.pop("counters", {}),
    }
    return {
        "metadata": {"name": "j", "uid": "job"},
        "status": {
            "phase": phase,
            **({"reason": reason} if reason else {}),
            "counters": {name: count for name, count in counters.items() if count},
            "attempts": list(attempts),
            **status,
        },
    }


def a_pod(phase: str, *, held: bool = False) -> dict[str, Any]:
    return {"metadata": {"name": "p", **({"finalizers": [FINALIZER]} if held else {})}, "status": {"phase": phase}}


def a_letter(redrives: int = 0, phase: str = "Dead", *attempts: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"name": f"letter-{redrives}", "uid": f"letter-{redrives}"},
        "spec": {"jobRef": {"uid": "job", "redrives": redrives}, "attempts": list(attempts)},
        "status": {"phase": phase},
    }
