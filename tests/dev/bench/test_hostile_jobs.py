import re
from itertools import chain

import orjson
import pytest

from dev.bench.contenders import Object
from dev.bench.hostile_jobs import (
    LARGE_IN_LISTS,
    LARGE_IN_MEMORY,
    LAST_WORDS,
    NO_PATTERNS,
    SLOW_TO_COMPILE,
    SLOW_TO_SEARCH,
    Largest,
    Patterns,
    patterned_job,
)
from queuedjob.api.kinds.queuedjob import JobSpec
from queuedjob.api.types import limits
from queuedjob.api.types.fields import COSTLY_PART
from queuedjob.policy.failure import evidence
from queuedjob.policy.failure.user_patterns import flaws_of, found

ETCD = 1536 * 1024


def spec_of(job: Object) -> JobSpec:
    return JobSpec.model_validate(job["spec"])


def stored(job: Object) -> int:
    """Bytes in etcd: Go writes each of <, > and & as six."""
    raw = orjson.dumps(job)
    return len(raw) + 5 * sum(raw.count(each) for each in (b"<", b">", b"&"))


@pytest.mark.parametrize("kind", [SLOW_TO_COMPILE, SLOW_TO_SEARCH], ids=lambda each: each.name)
def test_patterns_keep_all_limits_and_have_no_flaw(kind: Patterns) -> None:
    patterns = kind.of(499)
    assert len(patterns) <= limits.RULES
    assert max(map(len, patterns)) <= limits.PATTERN
    assert sum(map(len, patterns)) <= limits.PATTERNS
    assert sum(len(re.findall(COSTLY_PART, each)) for each in patterns) <= limits.COSTLY_PARTS
    assert set(flaws_of(spec_of(patterned_job("x", patterns)).failure_policy)) == {""}


@pytest.mark.parametrize("kind", [SLOW_TO_COMPILE, SLOW_TO_SEARCH], ids=lambda each: each.name)
def test_patterns_use_all_the_steps_that_are_compiled(kind: Patterns) -> None:
    *_, flaw = flaws_of(spec_of(patterned_job("x", [*kind.of(1), "y" * 120])).failure_policy)
    assert f"more than {limits.STEPS} steps" in flaw


@pytest.mark.parametrize("kind", [SLOW_TO_COMPILE, SLOW_TO_SEARCH], ids=lambda each: each.name)
def test_no_two_jobs_have_an_equal_pattern_that_would_be_compiled_once(kind: Patterns) -> None:
    patterns = [*chain.from_iterable(kind.of(number) for number in range(50))]
    assert len(set(patterns)) == len(patterns)


def test_the_last_words_are_kept_whole_and_no_pattern_ends_its_search_early() -> None:
    assert len(LAST_WORDS.encode()) == evidence.LAST_WORDS
    assert not any(found(each, LAST_WORDS) for each in SLOW_TO_SEARCH.of(1))


def test_a_job_for_comparison_has_no_rules() -> None:
    assert spec_of(patterned_job("x", NO_PATTERNS.of(1))).failure_policy.rules == ()


@pytest.mark.parametrize("kind", [LARGE_IN_LISTS, LARGE_IN_MEMORY], ids=lambda each: each.name)
def test_the_largest_jobs_are_read_by_the_operator_and_run_nothing(kind: Largest) -> None:
    assert spec_of(kind.body("large-00001")).suspend


def test_a_job_large_in_lists_keeps_the_limits_and_fills_what_etcd_takes() -> None:
    job = LARGE_IN_LISTS.body("large-00001")
    assert len(orjson.dumps(job["spec"])) <= limits.SPEC
    assert len(orjson.dumps(job["spec"]["payload"])) <= limits.PAYLOAD
    assert 0.95 * ETCD < stored(job) < ETCD


def test_a_job_large_in_memory_keeps_the_limits_and_shares_no_word_with_another() -> None:
    first, second = (LARGE_IN_MEMORY.body(f"large-{at:05}") for at in range(2))
    assert len(orjson.dumps(first["spec"])) <= limits.SPEC
    words = [
        [*chain.from_iterable(rule.reasons for rule in spec_of(job).failure_policy.rules)] for job in (first, second)
    ]
    assert {len(word) for word in words[0]} == {128}
    rules = spec_of(first).failure_policy.rules
    assert limits.REASONS - limits.RULES < len(words[0]) <= limits.REASONS
    assert limits.EXIT_CODES - limits.RULES < sum(len(rule.exit_codes) for rule in rules) <= limits.EXIT_CODES
    assert flaws_of(spec_of(first).failure_policy) == ("",) * limits.RULES
    assert not set(words[0]) & set(words[1])
