from typing import Any

import pytest

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.policy.job import ineffective
from queuedjob.policy.job.ineffective import ineffective_of
from queuedjob.policy.job.spec_warnings import SpecWarning, spec_warnings_of, with_labels

EXIT: dict[str, Any] = {"exitCodes": [3], "class": "Permanent"}


def terms(*rules: dict[str, Any]) -> JobTerms:
    return JobTerms.model_validate({"failurePolicy": {"rules": list(rules)}})


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        pytest.param([{"name": "mine", **EXIT}], "", id="a rule as it should be"),
        pytest.param([{"name": "oom-killed", **EXIT}], "rule oom-killed has the name of a built-in rule", id="a name"),
        pytest.param([{"name": "succeeded", **EXIT}], "has the name of a built-in rule", id="a fixed rule's name"),
        pytest.param(
            [{"name": "mem", "reasons": ["OomKilled"], "class": "Transient"}],
            "rule mem asks for the reason OomKilled, which nothing writes; OOMKilled is one",
            id="a reason in another case",
        ),
        pytest.param(
            [{"name": "img", "reasons": ["Evicted", "ImagePullBackoff"], "class": "Transient"}],
            "the reason ImagePullBackoff, which nothing writes; ImagePullBackOff is one",
            id="one of several reasons",
        ),
        pytest.param(
            [{"name": "mem", "reasons": ["OOMKiled"], "class": "Transient"}], "OOMKilled is one", id="a letter less"
        ),
        pytest.param([{"name": "own", "reasons": ["NoSuchPage"], "class": "Permanent"}], "", id="a job's own reason"),
        pytest.param(
            [{"name": "a", "exitCodes": [3, 4], "class": "Crash"}, {"name": "b", **EXIT}],
            "rule b never decides: a, which stands before it, matches all that it matches",
            id="codes among those of an earlier rule",
        ),
        pytest.param(
            [{"name": "a", **EXIT}, {"name": "b", **EXIT, "messageMatches": "x"}],
            "rule b never decides: a",
            id="a rule that asks for more than an earlier one",
        ),
        pytest.param(
            [{"name": "a", **EXIT, "messageMatches": "x"}, {"name": "b", **EXIT}], "", id="a rule that asks for less"
        ),
        pytest.param(
            [{"name": "a", **EXIT}, {"name": "b", **EXIT, "container": "main"}], "", id="a rule of another container"
        ),
        pytest.param(
            [{"name": "a", **EXIT}, {"name": "b", "reasons": ["Error"], "class": "Crash"}], "", id="another matcher"
        ),
    ],
)
def test_a_setting_without_effect_causes_one_sentence(rules: list[dict[str, Any]], sentence: str) -> None:
    found = list(ineffective_of(terms(*rules)))
    assert len(found) == (1 if sentence else 0)
    assert sentence in "".join(found)


def test_many_sentences_are_counted_and_not_told() -> None:
    (warning,) = spec_warnings_of(terms(*[{"name": f"r{i}", **EXIT} for i in range(6)]))
    assert warning.message.count("never decides") == 3
    assert warning.message.endswith("; and 2 more")


@pytest.mark.parametrize(
    ("retry", "pill", "warned"),
    [
        pytest.param({"maxAttempts": 2}, {"crashes": 3}, True, id="more crashes than attempts"),
        pytest.param({"maxAttempts": 3}, {"crashes": 3}, False, id="as many"),
        pytest.param({"maxAttempts": 1}, {}, False, id="the default, which nobody wrote"),
    ],
)
def test_a_poison_pill_above_the_attempts_causes_a_warning(
    retry: dict[str, Any], pill: dict[str, Any], *, warned: bool
) -> None:
    said = spec_warnings_of(JobTerms.model_validate({"retry": retry, "poisonPill": pill}))
    assert [(each.kind, each.reason) for each in said] == [("PoisonPillCannotFire", "TooFewAttempts")] * warned


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        pytest.param((), "", id="none"),
        pytest.param(("queuedjob.dev/queue",), "labels of the job below queuedjob.dev/ mean nothing", id="ours"),
        pytest.param(("kueue.x-k8s.io/queue-name",), "put it into spec.template.metadata.labels", id="Kueue's"),
    ],
)
def test_a_label_on_the_job_that_only_pods_should_have_causes_a_warning(labels: tuple[str, ...], words: str) -> None:
    warned = with_labels((), labels)
    assert [each.kind for each in warned] == (["SpecIneffective"] if words else [])
    assert words in "".join(each.message for each in warned)


def test_sentences_about_terms_and_labels_stand_in_one_condition() -> None:
    terms_said = SpecWarning("SpecIneffective", "NoEffect", "rule a never decides")
    other = SpecWarning("FailurePolicyInvalid", "BadPattern", "x")
    kept, joined = with_labels((terms_said, other), ("queuedjob.dev/queue",))
    assert kept == other
    assert joined.message.startswith("rule a never decides; labels of the job below queuedjob.dev/")


def test_of_a_thousand_reasons_a_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each comparison takes time of the event loop, and a user may change the spec four times a second."""
    compared: list[str] = []

    def compare(word: str) -> str:
        compared.append(word)
        return ""

    monkeypatch.setattr(ineffective, "meant_reason", compare)
    rules = [{"name": f"r{n}", "class": "Crash", "reasons": [f"R{n}x{m}" for m in range(64)]} for n in range(20)]
    assert [*ineffective_of(terms(*rules))] == []
    assert len(compared) == 20
