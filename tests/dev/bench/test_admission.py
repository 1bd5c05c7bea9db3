from statistics import mean

import pytest

from dev.bench.admission import Spent, attempt, costs, pod
from queuedjob.api import names
from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.kube.objects.pod_body import labels
from queuedjob.kube.objects.pods import pod_from


def a_round(latency: float, cpu: float = 1.0) -> dict[str, Spent]:
    return {"create a pod": Spent(latency, cpu)}


def test_a_cost_is_of_the_medians_of_the_rounds() -> None:
    (cost,) = costs([a_round(2.0), a_round(90.0), a_round(2.0)], [a_round(3.0, 1.5), a_round(3.0, 1.5)], 100)
    assert (cost.what, cost.rounds, cost.requests) == ("create a pod", 3, 100)
    assert cost.apart == pytest.approx((90.0 - 2.0) / mean([2.0, 90.0, 2.0]))
    assert [cost.latency_ratio, cost.cpu_ratio] == pytest.approx([1.5, 1.5])


def test_cpu_that_was_too_little_to_be_counted_has_no_ratio() -> None:
    (cost,) = costs([a_round(2.0, 0.0)], [a_round(3.0)], 1)
    assert cost.cpu_ratio == 0.0


def test_no_rounds_have_no_costs() -> None:
    with pytest.raises(ValueError, match="no rounds"):
        costs([], [a_round(1.0)], 100)


def test_an_attempts_pod_has_the_marks_that_the_operator_writes() -> None:
    body = attempt("x", "uid-1")
    assert labels(JobTerms(), job="j", uid="u", redrives=0, number=1).keys() <= body["metadata"]["labels"].keys()
    assert names.FINALIZER in body["metadata"]["finalizers"]
    assert pod_from({**body, "metadata": {**body["metadata"], "uid": "p", "namespace": "n"}}).owner_uid == "uid-1"


def test_a_foreign_pod_has_none_of_them() -> None:
    text = str(pod("x"))
    assert names.GROUP not in text
