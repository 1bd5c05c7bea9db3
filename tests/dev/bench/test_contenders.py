import pytest

from dev.bench.contenders import BARE, JOB, OPERATOR, ROUND, Contender, waiting_job
from queuedjob.api.kinds.queuedjob import JobSpec


def pod_spec(body: dict[str, object]) -> dict[str, object]:
    spec = body["spec"]
    assert isinstance(spec, dict)
    found = spec.get("template", {"spec": spec})["spec"]
    return {key: value for key, value in found.items() if key != "restartPolicy"}


@pytest.mark.parametrize("other", [JOB, BARE], ids=lambda each: each.name)
def test_all_contenders_run_the_same_pod(other: Contender) -> None:
    assert pod_spec(other.body("x")) == pod_spec(OPERATOR.body("x"))


def test_job_runs_twice_a_round() -> None:
    assert [ROUND.count(each) for each in (JOB, OPERATOR, BARE)] == [2, 1, 1]


def test_our_jobs_are_what_the_operator_reads() -> None:
    assert JobSpec.model_validate(OPERATOR.body("x")["spec"]).not_before_time is None
    waits = JobSpec.model_validate(waiting_job("x")["spec"]).not_before_time
    assert waits is not None
    assert waits.year == 2099
