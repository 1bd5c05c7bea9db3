"""Settings that are accepted and have no effect, or another one than their author expects. Pure; one sentence each."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from queuedjob.api.kinds.queuedjob import FailurePolicy, JobTerms, Rule
from queuedjob.api.names import GROUP
from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.failure.known_reasons import meant_reason

KUEUE_QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
"""Kueue's own webhook reads this label on the objects that Kueue knows: on a pod, not on a QueuedJob."""

OURS: Final = f"{GROUP}/"

_COMPARED: Final = 20
"""How many reasons of a job are compared with the known ones, letter by letter: each may take 0.2 ms, and a job may
have 64."""

_BUILT_IN: Final = frozenset(rule.name for rule in (*FIXED_RULES, *RULES))


def ineffective_of(terms: JobTerms) -> Iterator[str]:
    """Yield a sentence for each setting of the terms that has no effect."""
    yield from _rules_with_a_taken_name(terms.failure_policy)
    yield from _misspelled_reasons(terms.failure_policy)
    yield from _shadowed_rules(terms.failure_policy.rules)


def misplaced_labels_of(labels: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for labels of the job that mean something on its pods only."""
    if ours := [label for label in labels if label.startswith(OURS)]:
        yield f"labels of the job below {OURS} mean nothing, they are the operator's on pods: {ours[0]}"
    if KUEUE_QUEUE_LABEL in labels:
        yield (
            f"the label {KUEUE_QUEUE_LABEL} is on the job, where Kueue does not look, so it runs unqueued: put it into "
            "spec.template.metadata.labels"
        )


def _rules_with_a_taken_name(policy: FailurePolicy) -> Iterator[str]:
    for rule in policy.rules:
        if rule.name in _BUILT_IN:
            yield f"rule {rule.name} has the name of a built-in rule, so no reader can tell which decided: rename it"


def _misspelled_reasons(policy: FailurePolicy) -> Iterator[str]:
    asked = dict.fromkeys((word, rule.name) for rule in policy.rules for word in rule.reasons)
    for word, rule in islice(asked, _COMPARED):
        if meant := meant_reason(word):
            yield f"rule {rule} asks for the reason {word}, which nothing writes; {meant} is one"


def _shadowed_rules(rules: Sequence[Rule]) -> Iterator[str]:
    for rank, rule in enumerate(rules):
        if earlier := next((each for each in rules[:rank] if _takes_all_of(each, rule)), None):
            yield f"rule {rule.name} never decides: {earlier.name}, which stands before it, matches all that it matches"


def _takes_all_of(earlier: Rule, later: Rule) -> bool:
    """Whether `earlier` matches every end that `later` matches. Patterns are compared as texts only."""
    return (
        earlier.container == later.container
        and (not earlier.exit_codes or (bool(later.exit_codes) and {*later.exit_codes} <= {*earlier.exit_codes}))
        and (not earlier.reasons or (bool(later.reasons) and {*later.reasons} <= {*earlier.reasons}))
        and (earlier.message_matches is None or earlier.message_matches == later.message_matches)
    )
