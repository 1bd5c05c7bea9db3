"""The rule behind an attempt is found by the name in its status entry."""

import pytest

from queuedjob.api.kinds.queuedjob import FailurePolicy
from queuedjob.cli.explain.rules import rule_of
from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.failure.rules import Rule

NONE = FailurePolicy()


@pytest.mark.parametrize("rule", [*FIXED_RULES, *RULES], ids=lambda rule: rule.name)
def test_every_rule_is_explained_in_the_words_of_the_table(rule: Rule) -> None:
    explanation = rule_of(rule.name, rule.failure.name if rule.failure else "", NONE)
    assert (explanation.source, explanation.origin) == (rule.source, "fixed" if rule in FIXED_RULES else "built-in")
    assert bool(explanation.counts_as) is bool(rule.failure)


def test_of_two_rules_with_one_name_the_one_with_the_given_class_decided() -> None:
    own = FailurePolicy.model_validate({"rules": [{"name": "unknown", "exitCodes": [5], "class": "Transient"}]})
    assert [rule_of("unknown", failure, own).origin for failure in ("Transient", "Unknown")] == ["job", "built-in"]


def test_a_rule_of_another_release_keeps_the_consequences_of_a_class_that_is_known() -> None:
    explanation = rule_of("moon-phase", "Transient", NONE)
    assert (explanation.origin, explanation.class_, explanation.consequence) == (
        "unknown",
        "Transient",
        "retried after the backoff",
    )
