import tracemalloc
from typing import Any

from queuedjob.kube.objects.queuedjobs import job_from


def a_body(number: int) -> dict[str, Any]:
    return {
        "metadata": {
            "uid": f"uid-{number}",
            "name": f"job-{number}",
            "namespace": str(number)[:0] + "work",  # a new str object, as a parser makes it
            "resourceVersion": str(number),
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}},
        "status": {"phase": "Waiting", "message": "the next attempt starts at 2099-01-01T00:00:00Z"},
    }


def test_a_stored_job_takes_less_than_1000_bytes() -> None:
    job_from(a_body(0))  # create the objects that all jobs share
    bodies = [a_body(number) for number in range(1, 101)]
    tracemalloc.start()
    kept = [job_from(body) for body in bodies]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / len(kept) < 1000  # bytes; the serialiser's buffer alone would be four times that


def test_stored_jobs_share_equal_strings() -> None:
    one, other = job_from(a_body(1)), job_from(a_body(2))
    assert one.namespace is other.namespace
    assert one.spec_hash is other.spec_hash
    assert one.policy_hash is other.policy_hash
    assert one.terms is other.terms
    assert one.phase is other.phase
