from collections.abc import Iterator

import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from queuedjob.telemetry.exposition import FRESH, CachedExposition
from tests.unit.telemetry.clocks import StillClock

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Counted(Collector):
    """One metric, whose value is how often it was collected."""

    def __init__(self) -> None:
        self.collections = 0
        self.broken = False

    def collect(self) -> Iterator[Metric]:
        self.collections += 1
        if self.broken:
            raise RuntimeError("the store is gone")
        yield GaugeMetricFamily("collections", "Number of collections.", value=self.collections)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def metrics() -> Counted:
    return Counted()


@pytest.fixture
def cached(metrics: Counted, clock: StillClock) -> CachedExposition:
    return CachedExposition(metrics, clock)


def test_many_scrapes_in_one_second_collect_the_metrics_once(
    cached: CachedExposition, metrics: Counted, clock: StillClock
) -> None:
    for _ in range(10):
        body, _ = cached("")
        assert b"collections 1.0" in body
        clock.advance(FRESH / 11)
    assert metrics.collections == 1


def test_after_a_second_the_metrics_are_collected_anew(cached: CachedExposition, clock: StillClock) -> None:
    cached("")
    clock.advance(FRESH)
    assert b"collections 2.0" in cached("")[0]


def test_every_format_is_made_of_the_same_collection(cached: CachedExposition, metrics: Counted) -> None:
    plain, plain_type = cached("")
    openmetrics, openmetrics_type = cached(OPENMETRICS)
    assert plain_type.startswith("text/plain")
    assert openmetrics_type.startswith("application/openmetrics-text")
    assert openmetrics.endswith(b"# EOF\n") > plain.endswith(b"# EOF\n")
    assert metrics.collections == 1


def test_a_text_is_made_once(cached: CachedExposition) -> None:
    assert cached(OPENMETRICS)[0] is cached(OPENMETRICS)[0]


def test_formats_without_end_become_the_plain_one(cached: CachedExposition) -> None:
    types = [cached(f"application/openmetrics-text; version=1.{minor}.0")[1] for minor in range(50)]
    assert len(set(types)) < 10
    assert types[-1].startswith("text/plain")
    assert cached("application/openmetrics-text; version=1.49.0")[0] is cached("")[0]


def test_a_version_that_is_none_is_answered_in_the_plain_format(cached: CachedExposition) -> None:
    for version in ("1.x", "x", "1.0.0.0.0", "-1"):
        text, content_type = cached(f"application/openmetrics-text; version={version}")
        assert text.startswith(b"# HELP collections")
        assert content_type


def test_an_error_is_not_kept(cached: CachedExposition, metrics: Counted) -> None:
    metrics.broken = True
    with pytest.raises(RuntimeError, match="the store is gone"):
        cached("")
    metrics.broken = False
    assert b"collections 2.0" in cached("")[0]
