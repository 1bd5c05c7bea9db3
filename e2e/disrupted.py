"""What every disruption has in common, whoever takes the pod away."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from e2e.env import Env, Object

NO_FAILURE_TO_SPARE: Final = {"maxAttempts": 1, "backoff": {"initial": "1h", "max": "1h"}}
"""One counted failure would be the job's end, and the wait after it longer than any test."""

FIRST_RUNS_ON: Final = "test $QUEUEDJOB_ATTEMPT -ge 2 || sleep 600"


def is_disrupted(env: Env, job: Object, act: Callable[[str], None], *, rule: str, reason: str) -> None:
    """Apply `job`, `act` on it by its name, and see that this costs no attempt, only a wait of its own."""
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
