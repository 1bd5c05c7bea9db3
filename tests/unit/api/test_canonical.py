"""Golden values that must never change: a change of any of them reruns every dead job at the next release."""

import pytest

from queuedjob.api.canonical import FREE_FIELDS, canonical, policy_hash, same_hash, spec_hash

SPEC = {
    "type": "invoice",
    "payload": {"order": 42, "names": ["Zoë", None], "share": 0.5, "big": 9007199254740993},
    "template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}},
    "retry": {"maxAttempts": 5, "backoff": {"multiplier": "1.5"}},
    "timeouts": {"attempt": "30m"},
    "suspend": False,
}


def test_canonical_json_is_sorted_dense_and_ascii() -> None:
    assert canonical({"b": [1, 0.5, None], "a": {"ä": True}}) == b'{"a":{"\\u00e4":true},"b":[1,0.5,null]}'


def test_the_hashes_of_a_spec_stand_for_ever() -> None:
    assert spec_hash(SPEC) == "v1-26d2b4a8e5d3640ff9a4cce467c97472"
    assert policy_hash(SPEC) == "v1-cd3fdebaaffd2cafab518d90a0dc34c6"
    assert spec_hash({}) == policy_hash({}) == "v1-44136fa355b3678a1146ad16f7e8649e"


@pytest.mark.parametrize("field", sorted(FREE_FIELDS))
def test_a_field_that_may_change_is_not_in_the_spec_hash(field: str) -> None:
    assert spec_hash({**SPEC, field: "changed"}) == spec_hash(SPEC)


@pytest.mark.parametrize("field", ["type", "queue", "payload", "template", "poisonPill", "notYetInvented"])
def test_any_other_field_is_in_the_spec_hash_only(field: str) -> None:
    assert spec_hash({**SPEC, field: "changed"}) != spec_hash(SPEC)
    assert policy_hash({**SPEC, field: "changed"}) == policy_hash(SPEC)


@pytest.mark.parametrize("field", ["retry", "timeouts"])
def test_retry_and_timeouts_are_in_the_policy_hash(field: str) -> None:
    assert policy_hash({**SPEC, field: {}}) != policy_hash(SPEC)


def test_a_field_that_is_absent_is_not_one_that_is_empty() -> None:
    assert spec_hash({**SPEC, "failurePolicy": {}}) != spec_hash(SPEC)


def test_hashes_compare_only_under_one_known_algorithm() -> None:
    assert same_hash("v1-aa", "v1-aa") is True
    assert same_hash("v1-aa", "v1-ab") is False
    assert same_hash("v2-aa", "v2-aa") is None
    assert same_hash("v1-aa", "") is None
