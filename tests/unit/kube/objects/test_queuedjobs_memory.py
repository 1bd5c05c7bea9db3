import tracemalloc
from collections.abc import Callable
from typing import Any, Final

import pytest

from queuedjob.api.types import limits
from queuedjob.kube.objects import queuedjobs
from queuedjob.kube.objects.queuedjobs import StoredJob, job_from
from queuedjob.policy.job.judgement import Judgement
from tests.unit.kube.objects.bodies import terms_of


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


RULES: Final = 20
"""As many as a job may have."""


def few_words(number: int) -> list[dict[str, Any]]:
    return [{"name": f"r{n}", "reasons": [f"A{number}B{n}"], "class": "Crash"} for n in range(RULES)]


def all_that_may_be(number: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"r{n}",
            "reasons": [f"A{number}B{n}C{word}".ljust(128, "x") for word in range(limits.REASONS // RULES)],
            "exitCodes": list(range(1, limits.EXIT_CODES // RULES + 1)),
            "messageMatches": f"a{number}b{n}".ljust(180, "x"),
            "class": "Crash",
        }
        for n in range(RULES)
    ]


@pytest.mark.parametrize(
    ("rules", "most"),
    [
        pytest.param(few_words, 4_000, id="short rules, 1 KB as JSON"),
        pytest.param(all_that_may_be, 30_000, id="the largest rules, 15 KB as JSON"),
    ],
)
def test_of_a_job_with_rules_of_its_own_little_more_than_its_text_is_kept(
    rules: Callable[[int], list[dict[str, Any]]], most: int
) -> None:
    """Parsed, the rules take up to ten times the memory of their text, and the judgement as much again."""

    def kept_of(number: int) -> tuple[StoredJob, Judgement]:
        body = a_body(number)
        job = job_from({**body, "spec": {**body["spec"], "failurePolicy": {"rules": rules(number)}}})
        return job, Judgement(job.said)

    kept_of(0)  # create the objects that all jobs share
    tracemalloc.start()
    kept = [kept_of(number) for number in range(1, 101)]
    for cache in (queuedjobs._parsed, queuedjobs._parsed_large):
        cache.cache_clear()  # what they keep does not grow with the number of jobs
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / len(kept) < most


def test_few_terms_are_kept_parsed() -> None:
    assert queuedjobs._parsed.cache_info().maxsize == 512
    assert queuedjobs._parsed_large.cache_info().maxsize == 32
    small, large = ({"type": "t"}, {"failurePolicy": {"rules": all_that_may_be(1)}})
    queuedjobs._parsed_large.cache_clear()
    for spec, parsed in ((small, 0), (large, 1)):
        terms_of(spec)
        assert queuedjobs._parsed_large.cache_info().currsize == parsed


def test_a_job_keeps_its_queue_for_the_metrics_which_walk_through_all_jobs() -> None:
    body = a_body(1)
    job = job_from({**body, "spec": {**body["spec"], "queue": "night"}})
    assert job.queue == job.terms.queue == "night"
    assert job_from({**body, "metadata": {**body["metadata"], "resourceVersion": "2"}}, job).queue == "night"
