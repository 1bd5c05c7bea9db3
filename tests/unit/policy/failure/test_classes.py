from typing import get_args

import pytest

from queuedjob.api.kinds.queuedjob import RetriedClass, RuleClass
from queuedjob.policy.failure.classes import BY_NAME, CLASSES, NAMEABLE

# name: counted, retried, grows, poisons, disrupts
CONSEQUENCES = {
    "Disruption": (False, True, False, False, True),
    "Stopped": (False, True, False, False, False),
    "Timeout": (True, True, True, False, False),
    "HeartbeatLost": (True, True, False, True, False),
    "Crash": (True, True, False, True, False),
    "RateLimited": (True, True, False, False, False),
    "Transient": (True, True, False, False, False),
    "Permanent": (True, False, False, False, False),
    "StartFailure": (True, True, False, False, False),
    "Unknown": (True, True, False, False, False),
}


@pytest.mark.parametrize("name", CONSEQUENCES)
def test_a_class_carries_what_follows_from_it(name: str) -> None:
    it = BY_NAME[name]
    assert (it.counted, it.retried, it.grows, it.poisons, it.disrupts) == CONSEQUENCES[name]


def test_every_class_is_in_the_table() -> None:
    assert [each.name for each in CLASSES] == list(CONSEQUENCES)


def test_users_may_name_in_a_rule_what_the_schema_lets_them() -> None:
    assert sorted(NAMEABLE) == sorted(get_args(RuleClass))


def test_retry_may_name_the_classes_that_spend_an_attempt_and_are_retried() -> None:
    assert sorted(each.name for each in CLASSES if each.counted and each.retried) == sorted(get_args(RetriedClass))
