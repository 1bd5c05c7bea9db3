"""A job of 1000 records that is killed at record 800, on a real kubelet: the next pod continues at its checkpoint."""

import json
from typing import Final

from e2e.env import Env, a_job, with_container

RECORDS: Final = """
start=${QUEUEDJOB_CHECKPOINT:-0} n=${QUEUEDJOB_CHECKPOINT:-0}
while [ $n -lt 1000 ]; do
  n=$((n + 1))
  echo '{"checkpoint": '$n', "progress": {"done": '$n', "total": 1000}}' > /dev/termination-log
  if [ $n = 800 ] && [ $start = 0 ]; then exec tail /dev/zero; fi
done
echo '{"result": {"from": '$start', "records": '$((n - start))'}, "progress": {"done": 1000, "total": 1000}}' \\
  > /dev/termination-log
"""
"""The job runs out of memory in the middle of its work: it cannot write a last message."""


def test_a_job_that_dies_at_record_800_of_1000_goes_on_from_there(env: Env) -> None:
    job = a_job("records", RECORDS, retry={"backoff": {"initial": "100ms"}})
    since = env.now()
    env.apply(with_container(job, resources={"limits": {"memory": "24Mi"}}))
    done = env.reaches("records", "Succeeded", where={"counters.attempts": 2, "counters.crashes": 1})["status"]
    assert done["attempts"][0]["rule"] == "oom-killed"
    assert done["result"] == {"from": 800, "records": 200}
    assert _progress_column(env, "records") == "1000/1000"

    settled = next(v["status"] for v in env.versions("records", since) if "crashes" in v["status"].get("counters", {}))
    assert settled["checkpoint"] == 800
    assert settled["progress"] == {"done": 800, "total": 1000}


def test_a_dead_job_that_is_fixed_goes_on_from_its_checkpoint(env: Env) -> None:
    said = json.dumps({"class": "Permanent", "reason": "BadRecord", "checkpoint": 800})
    env.apply(a_job("mended", f"echo '{said}' > /dev/termination-log; exit 1"))
    env.reaches("mended", "DeadLettered", reason="Permanent")
    letter = env.until(env.letters, "a letter is filed", lambda: "none", "mended")[0]["spec"]
    assert letter["checkpoint"] == 800
    env.until(lambda: env.job("mended")["status"]["deadLetterRef"].get("uid"), "filed", lambda: "not yet", "mended")
    env.apply(a_job("mended", "test $QUEUEDJOB_CHECKPOINT = 800"))
    env.reaches("mended", "Succeeded", where={"counters.redrives": 1, "counters.attempts": 1})


def _progress_column(env: Env, job: str) -> str:
    """Return the PROGRESS column of `kubectl get -o wide`."""
    head, row = env.kubectl.run("get", "qj", job, "-o", "wide").splitlines()
    at = head.index("PROGRESS")
    return row[at:].split()[0]
