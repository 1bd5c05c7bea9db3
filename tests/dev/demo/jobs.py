"""Builders of QueuedJobs as kubectl prints them."""

from typing import Any


def a_job(name: str, phase: str = "Pending", reason: str = "", **status: Any) -> dict[str, Any]:  # noqa: ANN401
    shown = {"phase": phase, "reason": reason, **status}
    return {"metadata": {"name": name}, "status": {key: value for key, value in shown.items() if value}}


def ended(*classes: str, deadline: int = 1800) -> list[dict[str, Any]]:
    """Return attempts that ended in these classes; an empty class is a success."""
    both = ({"class": each, "finishTime": "then", "activeDeadlineSeconds": deadline} for each in classes)
    return [{key: value for key, value in each.items() if value} for each in both]


def runs(deadline: int = 1800) -> dict[str, Any]:
    """Return an attempt that still runs."""
    return {"number": 1, "activeDeadlineSeconds": deadline}


FILED = {"name": "letter-1", "uid": "7"}
OWED = {"name": "letter-1"}
