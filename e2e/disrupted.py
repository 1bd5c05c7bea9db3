"""The checks that all disruptions share, whatever removes the pod."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from e2e.env import Env, Object

NO_FAILURE_TO_SPARE: Final = {"maxAttempts": 1, "backoff": {"initial": "1h", "max": "1h"}}
"""One counted failure would end the job, and the backoff after it would be longer than any test."""

FIRST_RUNS_ON: Final = "test $QUEUEDJOB_ATTEMPT -ge 2 || sleep 600"


def is_disrupted(env: Env, job: Object, act: Callable[[str], None], *, rule: str, reason: str) -> None:
    """Apply `job`, call `act` with its name, and check that this costs no attempt, only a backoff of its own."""
    job["spec"]["retry"] = NO_FAILURE_TO_SPARE
    name = job["metadata"]["name"]
    since = env.now()
    env.apply(job)
    act(name)
    end = env.reaches(name, "Succeeded", where={"counters.attempts": 1})["status"]
    first = end["attempts"][0]
    assert (first["class"], first["rule"], first["reason"]) == ("Disruption", rule, reason)
    assert "counted" not in first
    assert end["counters"]["byClass"] == {"Disruption": end["counters"]["disruptions"]}

    settled = next(v["status"] for v in env.versions(name, since) if "disruptions" in v["status"].get("counters", {}))
    assert (settled["phase"], settled["reason"]) == ("Waiting", "Backoff")
    assert "attempts" not in settled["counters"]
    next_time = datetime.fromisoformat(settled["nextAttemptTime"])
    created = datetime.fromisoformat(end["attempts"][1]["createTime"])
    assert created >= next_time.replace(microsecond=0)
