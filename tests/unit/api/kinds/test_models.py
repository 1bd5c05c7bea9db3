from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from queuedjob.api.kinds.queuedjob import JobSpec, JobTerms
from queuedjob.api.kinds.queuedjob_status import JobStatus, parse_status


def test_a_job_that_says_nothing_runs_on_the_products_defaults() -> None:
    terms = JobSpec.model_validate({"template": {}})
    assert (terms.queue, terms.type, terms.suspend, terms.cancel) == ("default", "default", False, False)
    timeouts = terms.timeouts
    assert (timeouts.attempt, timeouts.growth, timeouts.ceiling, timeouts.total) == (1_800, 2, 7_200, None)
    assert (terms.retry.max_attempts, terms.retry.max_disruptions) == (10, 20)
    backoff = terms.retry.backoff
    assert (backoff.initial, backoff.multiplier, backoff.max, backoff.jitter_percent) == (1, 2, 300, 10)
    assert (terms.poison_pill.crashes, terms.poison_pill.window) == (3, 3_600)
    assert (terms.pod_history_limit, terms.ttl_after_finished) == (3, None)


def test_a_spec_is_read_as_seconds_factors_and_times() -> None:
    spec = JobSpec.model_validate(
        {
            "template": {"spec": {}},
            "payload": {"order": 42},
            "notBeforeTime": "2030-01-31T09:00:00Z",
            "timeouts": {"attempt": "3h", "growth": "1.5", "max": "4h", "total": "24h"},
            "retry": {"backoff": {"multiplier": 3}},
            "failurePolicy": {"rules": [{"name": "bad-input", "exitCodes": [3, 4], "class": "Permanent"}]},
            "ttlAfterFinished": "1h",
            "fromTheFuture": True,
        }
    )
    assert spec.not_before_time == datetime(2030, 1, 31, 9, tzinfo=UTC)
    assert (spec.timeouts.growth, spec.timeouts.ceiling, spec.timeouts.total) == (1.5, 14_400, 86_400)
    assert spec.retry.backoff.multiplier == 3
    (rule,) = spec.failure_policy.rules
    assert (rule.name, rule.exit_codes, rule.class_, rule.action) == ("bad-input", (3, 4), "Permanent", None)
    assert spec.ttl_after_finished == 3_600


def test_a_fresh_job_is_pending_and_not_observed() -> None:
    assert parse_status(None) == JobStatus()
    assert (JobStatus().phase, JobStatus().observed_generation) == ("Pending", -1)


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        JobTerms().queue = "other"  # type: ignore[misc]
