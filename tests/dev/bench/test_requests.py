from collections import Counter

import pytest

from dev.bench.requests import of_operator, of_server, per_job, value

SERVER = """
# HELP apiserver_request_total Counter of apiserver requests.
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",resource="queuedjobs",subresource="status",verb="PUT",scope="resource"} 7
apiserver_request_total{code="409",resource="queuedjobs",subresource="status",verb="PUT",scope="resource"} 1
apiserver_request_total{code="201",resource="pods",subresource="",verb="POST",scope="resource"} 4
apiserver_request_total{code="200",resource="leases",subresource="",verb="PUT",scope="resource"} 90
apiserver_request_total{code="200",resource="pods",subresource="",verb="WATCH",scope="cluster"} 3
apiserver_request_duration_seconds_count{resource="pods",verb="POST"} 4
"""

OPERATOR = """
# TYPE queuedjob_api_requests_total counter
queuedjob_api_requests_total{code="200",resource="queuedjobs/status",verb="update"} 8.0
queuedjob_api_requests_total{code="201",resource="pods",verb="create"} 4.0
queuedjob_api_requests_total{code="200",resource="version",verb="get"} 12.0
# TYPE queuedjob_workqueue_depth gauge
queuedjob_workqueue_depth{workqueue="a"} 2.0
queuedjob_workqueue_depth{workqueue="b"} 3.0
"""


def test_requests_of_all_codes_are_counted_together_refusals_too() -> None:
    assert of_server(SERVER)["PUT", "queuedjobs/status"] == 8


def test_server_and_operator_name_a_request_alike() -> None:
    server, operator = of_server(SERVER), of_operator(OPERATOR)
    assert {kind: server[kind] for kind in (("PUT", "queuedjobs/status"), ("POST", "pods"))} == {
        kind: number for kind, number in operator.items() if kind[1] != "version"
    }


def test_only_what_came_in_between_counts_and_none_of_the_benchs_own() -> None:
    before = Counter({("POST", "pods"): 10, ("GET", "jobs"): 5})
    after = Counter({("POST", "pods"): 14, ("GET", "jobs"): 9})
    found = per_job(before, after, 2, Counter({("POST", "pods"): 2, ("GET", "jobs"): 4}))
    assert (found.reads, found.writes) == (0.0, 1.0)


def test_heartbeats_and_watches_are_no_requests_of_a_job() -> None:
    found = per_job(Counter(), of_server(SERVER), 4)
    assert (found.reads, found.writes) == (0.0, 3.0)
    assert "PUT leases" not in found.by_kind


def test_what_hardly_comes_is_left_out_by_kind_but_not_in_sum() -> None:
    found = per_job(Counter(), Counter({("GET", "pods"): 1}), 1000)
    assert found.by_kind == {}
    assert found.reads == pytest.approx(0.001)


def test_a_value_is_the_sum_of_its_samples() -> None:
    assert value(OPERATOR, "queuedjob_workqueue_depth") == 5.0
