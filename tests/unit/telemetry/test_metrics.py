import math
from collections.abc import Callable

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from queuedjob.telemetry.cardinality import OTHER
from queuedjob.telemetry.metrics import SUCCEEDED, Metrics
from tests.unit.telemetry.clocks import StillClock
from tests.unit.telemetry.rendering import render

NAMES = {  # as the parser gives them: a counter without its _total
    ("queuedjob_active_attempts", "gauge"),
    ("queuedjob_api_errors", "counter"),
    ("queuedjob_api_request_duration_seconds", "histogram"),
    ("queuedjob_api_requests", "counter"),
    ("queuedjob_attempts", "counter"),
    ("queuedjob_build_info", "gauge"),
    ("queuedjob_dead_letters_filed", "counter"),
    ("queuedjob_deadline_near", "counter"),
    ("queuedjob_events_lost", "counter"),
    ("queuedjob_jobs", "gauge"),
    ("queuedjob_jobs_taken_over", "counter"),
    ("queuedjob_leader", "gauge"),
    ("queuedjob_namespace_served", "gauge"),
    ("queuedjob_objects_not_taken", "counter"),
    ("queuedjob_pod_refusals", "counter"),
    ("queuedjob_reconcile_errors", "counter"),
    ("queuedjob_retries", "counter"),
    ("queuedjob_retries_now", "counter"),
    ("queuedjob_server_clock_skew_seconds", "gauge"),
    ("queuedjob_terms", "counter"),
    ("queuedjob_waits", "counter"),
    ("queuedjob_watch_age_seconds", "gauge"),
    ("queuedjob_workqueue_depth", "gauge"),
    ("queuedjob_workqueue_latency_seconds", "histogram"),
    ("queuedjob_workqueue_work_duration_seconds", "histogram"),
}
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def metrics(clock: StillClock) -> Metrics:
    return Metrics(clock, version="1.2.3")


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """The value of the sample with this name and exactly these labels; None if there is none."""
    body, _ = render(metrics)
    samples = (sample for family in parse_text(body.decode()) for sample in family.samples)
    return next((s.value for s in samples if s.name == name and s.labels == labels), None)


def label_values(metrics: Metrics, name: str, label: str) -> set[str]:
    body, _ = render(metrics)
    samples = (sample for family in parse_text(body.decode()) for sample in family.samples)
    return {sample.labels[label] for sample in samples if sample.name == name}


def use_all(metrics: Metrics) -> None:
    metrics.count_jobs(lambda: [("Running", "n", "default")])
    metrics.count_active_attempts(lambda: 1)
    metrics.measure_depth("jobs", lambda: 1)
    metrics.measure_clock_skew(lambda: 0.5)
    metrics.measure_leader(lambda: True)
    metrics.term_begun()
    metrics.attempt_finished(SUCCEEDED, "n", "default", "invoice")
    metrics.retry_planned("Transient")
    metrics.dead_letter_filed("Permanent", "n", "default")
    metrics.pod_refused("QuotaExceeded")
    metrics.object_not_taken("pods")
    metrics.wait_shown("Backoff")
    metrics.deadline_near("n", "default", "invoice")
    metrics.event_lost("Full")
    metrics.jobs_taken_over(1)
    metrics.api_request("create", "pods", 503, 0.004)
    metrics.work_taken("jobs", 0.01)
    metrics.work_done("jobs", 0.02)
    metrics.reconcile_failed("jobs", ValueError("no"))
    metrics.measure_watches(lambda: {"pods": 0.0})
    metrics.namespace_served("team-a", served=True)


@pytest.mark.parametrize(
    ("tell", "name", "labels"),
    [
        (
            lambda m: m.attempt_finished("Crash", "n", "billing", "invoice"),
            "attempts_total",
            {"class": "Crash", "queue": "billing", "type": "invoice"},
        ),
        (
            lambda m: m.attempt_finished(SUCCEEDED, "n", "billing", "invoice"),
            "attempts_total",
            {"class": "Succeeded", "queue": "billing", "type": "invoice"},
        ),
        (lambda m: m.retry_planned("Timeout"), "retries_total", {"class": "Timeout"}),
        (
            lambda m: m.dead_letter_filed("PoisonPill", "n", "billing"),
            "dead_letters_filed_total",
            {"reason": "PoisonPill", "queue": "billing"},
        ),
        (lambda m: m.pod_refused("PodNameTaken"), "pod_refusals_total", {"reason": "PodNameTaken"}),
        (lambda m: m.wait_shown("Unschedulable"), "waits_total", {"reason": "Unschedulable"}),
        (
            lambda m: m.reconcile_failed("jobs", KeyError("x")),
            "reconcile_errors_total",
            {"workqueue": "jobs", "error": "KeyError"},
        ),
        (
            lambda m: m.api_request("update", "queuedjobs/status", 409, 0.1),
            "api_requests_total",
            {"verb": "update", "resource": "queuedjobs/status", "code": "409"},
        ),
    ],
)
def test_a_counter_counts_each_event(
    metrics: Metrics, tell: Callable[[Metrics], None], name: str, labels: dict[str, str]
) -> None:
    tell(metrics)
    tell(metrics)
    assert value(metrics, f"queuedjob_{name}", **labels) == 2


def test_jobs_taken_over_are_counted_by_number(metrics: Metrics) -> None:
    metrics.jobs_taken_over(412)
    assert value(metrics, "queuedjob_jobs_taken_over_total") == 412


def test_jobs_are_counted_at_each_scrape(metrics: Metrics) -> None:
    jobs = [("Running", "n", queue) for queue in ("billing", "billing", "default")] + [("Waiting", "n", "billing")]
    metrics.count_jobs(lambda: jobs)
    assert value(metrics, "queuedjob_jobs", phase="Running", queue="billing") == 2
    jobs.append(("Running", "n", "billing"))
    assert value(metrics, "queuedjob_jobs", phase="Running", queue="billing") == 3


def test_a_phase_without_jobs_shows_zero_once_it_had_jobs(metrics: Metrics) -> None:
    jobs = [("DeadLettered", "n", "billing")]
    metrics.count_jobs(lambda: jobs)
    assert value(metrics, "queuedjob_jobs", phase="DeadLettered", queue="billing") == 1
    jobs.clear()
    assert value(metrics, "queuedjob_jobs", phase="DeadLettered", queue="billing") == 0


def test_an_unlimited_number_of_queues_gives_a_limited_number_of_series(metrics: Metrics) -> None:
    for n in range(2_000):
        metrics.attempt_finished("Crash", "n", f"queue-{n}", "default")
        metrics.dead_letter_filed("MaxAttempts", "n", f"queue-{n}")
    metrics.count_jobs(lambda: (("Waiting", "n", f"queue-{n}") for n in range(2_000)))
    for name in ("attempts_total", "dead_letters_filed_total", "jobs"):
        queues = label_values(metrics, f"queuedjob_{name}", "queue")
        assert len(queues) == 101
        assert OTHER in queues
    assert value(metrics, "queuedjob_attempts_total", **{"class": "Crash", "queue": OTHER, "type": OTHER}) == 1_900
    assert value(metrics, "queuedjob_jobs", phase="Waiting", queue=OTHER) == 1_900


def test_no_namespace_pushes_the_queue_of_another_into_other(metrics: Metrics) -> None:
    for n in range(2_000):
        metrics.attempt_finished("Crash", "loud", f"invented-{n}", f"type-{n}")
    metrics.attempt_finished("Crash", "quiet", "billing", "invoice")
    metrics.dead_letter_filed("MaxAttempts", "quiet", "billing")
    jobs = [("Waiting", "loud", f"invented-{n}") for n in range(2_000)] + [("Running", "quiet", "billing")]
    metrics.count_jobs(lambda: jobs)
    assert value(metrics, "queuedjob_attempts_total", **{"class": "Crash", "queue": "billing", "type": "invoice"}) == 1
    assert value(metrics, "queuedjob_dead_letters_filed_total", reason="MaxAttempts", queue="billing") == 1
    assert value(metrics, "queuedjob_jobs", phase="Running", queue="billing") == 1
    for name in ("attempts_total", "jobs"):
        assert len(label_values(metrics, f"queuedjob_{name}", "queue")) <= 101, "what lost its place is not shown"


@pytest.mark.parametrize(
    ("tell", "name", "label"),
    [
        (lambda m, word: m.attempt_finished(word, "n", "q", "t"), "attempts_total", "class"),
        (lambda m, word: m.attempt_finished("Crash", "n", "q", word), "attempts_total", "type"),
        (lambda m, word: m.retry_planned(word), "retries_total", "class"),
        (lambda m, word: m.dead_letter_filed(word, "n", "q"), "dead_letters_filed_total", "reason"),
        (lambda m, word: m.pod_refused(word), "pod_refusals_total", "reason"),
        (lambda m, word: m.wait_shown(word), "waits_total", "reason"),
        (lambda m, word: m.reconcile_failed("jobs", type(word, (Exception,), {})()), "reconcile_errors_total", "error"),
    ],
)
def test_a_label_with_values_from_outside_the_operator_is_bounded(
    metrics: Metrics, tell: Callable[[Metrics, str], None], name: str, label: str
) -> None:
    for n in range(400):
        tell(metrics, f"Word{n}")
    values = label_values(metrics, f"queuedjob_{name}", label)
    assert len(values) <= 301
    assert OTHER in values


@pytest.mark.parametrize(
    ("code", "error"),
    [(0, "NoAnswer"), (500, "ServerFailed"), (504, "ServerFailed"), (429, "Throttled"), (401, "Unauthorized")],
)
def test_a_request_that_the_api_server_did_not_serve_is_an_error(metrics: Metrics, code: int, error: str) -> None:
    metrics.api_request("get", "queuedjobs", code, 0.1)
    assert value(metrics, "queuedjob_api_errors_total", resource="queuedjobs", error=error) == 1


@pytest.mark.parametrize("code", [200, 201, 404, 409, 410, 422])
def test_ordinary_answers_are_no_errors(metrics: Metrics, code: int) -> None:
    metrics.api_request("get", "queuedjobs", code, 0.1)
    assert label_values(metrics, "queuedjob_api_errors_total", "error") == set()


@pytest.mark.parametrize(
    ("tell", "name", "labels"),
    [
        (
            lambda m: m.api_request("list", "pods", 200, 0.3),
            "api_request_duration_seconds",
            {"verb": "list", "resource": "pods"},
        ),
        (lambda m: m.work_taken("jobs", 0.3), "workqueue_latency_seconds", {"workqueue": "jobs"}),
        (lambda m: m.work_done("jobs", 0.3), "workqueue_work_duration_seconds", {"workqueue": "jobs"}),
    ],
)
def test_a_duration_falls_into_its_bucket(
    metrics: Metrics, tell: Callable[[Metrics], None], name: str, labels: dict[str, str]
) -> None:
    tell(metrics)
    assert value(metrics, f"queuedjob_{name}_bucket", le="0.25", **labels) == 0
    assert value(metrics, f"queuedjob_{name}_bucket", le="0.5", **labels) == 1
    assert value(metrics, f"queuedjob_{name}_sum", **labels) == pytest.approx(0.3)


def test_depth_and_active_attempts_are_read_at_the_scrape(metrics: Metrics) -> None:
    due = [1, 2]
    metrics.measure_depth("jobs", lambda: len(due))
    metrics.count_active_attempts(lambda: 2 * len(due))
    due.append(3)
    assert value(metrics, "queuedjob_workqueue_depth", workqueue="jobs") == 3
    assert value(metrics, "queuedjob_active_attempts") == 6


def test_the_clock_skew_is_nan_until_it_is_known(metrics: Metrics) -> None:
    assert math.isnan(value(metrics, "queuedjob_server_clock_skew_seconds") or 0)
    skew: list[float | None] = [None]
    metrics.measure_clock_skew(lambda: skew[0])
    assert math.isnan(value(metrics, "queuedjob_server_clock_skew_seconds") or 0)
    skew[0] = -3.5
    assert value(metrics, "queuedjob_server_clock_skew_seconds") == -3.5


def test_the_age_of_each_watch_is_read_at_the_scrape(metrics: Metrics) -> None:
    ages = {"pods": 5.0}
    metrics.measure_watches(lambda: ages)
    ages["queuedjobs"] = 45.0
    assert value(metrics, "queuedjob_watch_age_seconds", kind="pods") == 5
    assert value(metrics, "queuedjob_watch_age_seconds", kind="queuedjobs") == 45


def test_the_build_info_shows_the_version(metrics: Metrics) -> None:
    assert label_values(metrics, "queuedjob_build_info", "version") == {"1.2.3"}


def test_two_metrics_objects_share_no_values(metrics: Metrics) -> None:
    other = Metrics(StillClock(), version="1.2.3")
    metrics.wait_shown("Backoff")
    assert value(other, "queuedjob_waits_total", reason="Backoff") is None


def test_the_names_that_dashboards_rely_on_stay_and_each_is_documented(metrics: Metrics) -> None:
    use_all(metrics)
    body, _ = render(metrics)
    families = [family for family in parse_text(body.decode()) if not family.name.startswith("process_")]
    assert {(family.name, family.type) for family in families} == NAMES
    assert all(family.documentation and family.samples for family in families)


def test_no_created_series_is_shown(metrics: Metrics) -> None:
    use_all(metrics)
    body, _ = render(metrics)
    assert b"_created" not in body


def test_the_exposition_has_the_format_that_the_scraper_accepts(metrics: Metrics) -> None:
    use_all(metrics)
    text, text_type = render(metrics)
    openmetrics, openmetrics_type = render(metrics, OPENMETRICS)
    assert text_type.startswith("text/plain")
    assert openmetrics_type.startswith("application/openmetrics-text")
    names = {family.name for family in parse_text(text.decode())}
    read = parse_openmetrics(openmetrics.decode())  # type: ignore[no-untyped-call]  # the library leaves it untyped
    assert {family.name for family in read} == names


def test_the_memory_of_the_process_is_shown(metrics: Metrics) -> None:
    assert (value(metrics, "process_resident_memory_bytes") or 0) > 0
