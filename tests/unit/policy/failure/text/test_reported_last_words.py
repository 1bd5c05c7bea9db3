"""Last words that people reported of their programs: reported_last_words.jsonl, with what each should mean and why.

The first class of `want` is the best one; another is as good as a retry goes. A wrong Permanent loses work and a wrong
Crash quarantines a job that is well, so where they are not in `want`, nothing excuses them.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from queuedjob.policy.failure.classes import BY_NAME
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import LAST_WORDS, evidence_of
from tests.builders import a_pod

REPORTS: Final[list[dict[str, Any]]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "reported_last_words.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("report", [pytest.param(each, id=f"{each['program']}: {each['source']}") for each in REPORTS])
def test_reported_last_words_have_a_class_that_fits(report: dict[str, Any]) -> None:
    verdict = classify(evidence_of(a_pod().exited(report["exit_code"], message=report["text"])))
    assert verdict.failure is not None
    assert verdict.failure.name in report["want"], f"{verdict.rule}: {report['why']}"


def test_the_corpus_is_as_large_as_it_was_promised_to_be() -> None:
    assert len({each["text"] for each in REPORTS}) >= 300
    assert len({each["program"] for each in REPORTS}) >= 160


def test_each_report_names_classes_that_exist_and_why() -> None:
    for each in REPORTS:
        assert set(each["want"]) <= BY_NAME.keys(), each["source"]
        assert each["why"], each["source"]
        assert len(each["text"].encode()) <= LAST_WORDS, each["source"]
