"""tests/golden: what the files say about a job and its pods is what the plan says, and they cover ordinary run."""

from pathlib import Path
from typing import Any, Final

import pytest

from dev.generate import golden_pairs
from queuedjob.api import names
from queuedjob.api.canonical import spec_hash
from queuedjob.api.identity import letter_name, pod_name
from queuedjob.kube.objects.pod_body import labels
from tests.unit.kube.objects.bodies import terms_of

ORDINARY: Final = {
    "CreatePod",
    "WriteStatus",
    "LookForPod",
    "ReadEvidence",
    "MarkStop",
    "StopPod",
    "ReleasePod",
    "DeletePod",
    "FileLetter",
    "MarkRedriven",
    "DeleteJob",
    "WarnOfDeadline",
    "Wait",
}
"""The steps of ordinary run. The others need a stale store (ReadJob, ForgetPod) or a label removed (RestoreLabels)."""

PAIRS: Final = golden_pairs.paths()

pair: Final = pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)


def given_of(path: Path) -> dict[str, Any]:
    return golden_pairs.given_of(path.read_text())


@pair
def test_a_pair_says_what_the_plan_says(path: Path) -> None:
    written = path.read_text()
    assert written == golden_pairs.text(path.name, written), "run `make generate`, and look at what has changed"


@pair
def test_a_pod_has_the_identity_that_the_operator_gives(path: Path) -> None:
    given = given_of(path)
    job, terms = given["job"]["metadata"], terms_of(given["job"]["spec"])
    for pod in given.get("pods", ()):
        metadata = pod["metadata"]
        redrives, number = (int(metadata["labels"][key]) for key in (names.REDRIVES_LABEL, names.ATTEMPT_LABEL))
        assert metadata["name"] == pod_name(job["name"], job["uid"], redrives, number)
        assert metadata["labels"] == labels(terms, job=job["name"], uid=job["uid"], redrives=redrives, number=number)
        assert [(each["kind"], each["uid"]) for each in metadata["ownerReferences"]] == [("QueuedJob", job["uid"])]
        annotations = metadata["annotations"]
        if annotations[names.GENERATION_ANNOTATION] == str(job["generation"]):
            assert annotations[names.SPEC_HASH_ANNOTATION] == spec_hash(given["job"]["spec"])


@pair
def test_a_dead_letter_has_the_name_that_the_operator_gives(path: Path) -> None:
    given = given_of(path)
    for letter in given.get("deadLetters", ()):
        ref = letter["spec"]["jobRef"]
        assert ref["uid"] == given["job"]["metadata"]["uid"]
        assert letter["metadata"]["name"] == letter_name(ref["name"], ref["uid"], ref["redrives"])


def test_the_pairs_cover_the_steps_of_ordinary_life() -> None:
    assert {type(golden_pairs.step_of(given_of(path))).__name__ for path in PAIRS} == ORDINARY


def test_the_pairs_are_numbered_in_the_order_of_reading() -> None:
    assert [path.name[:3] for path in PAIRS] == [f"{number:02d}-" for number in range(1, len(PAIRS) + 1)]
