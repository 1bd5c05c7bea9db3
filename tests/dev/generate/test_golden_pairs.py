import pytest
import yaml

from dev.generate.golden_pairs import given_of, text

COMMENT = "# A new job.\n"
GIVEN = """\
given:
  now: 2026-01-01T12:00:01Z # kept as it was written
  job:
    metadata:
      name: j
      namespace: default
      uid: job-uid
      resourceVersion: "1"
      generation: 1
      creationTimestamp: 2026-01-01T12:00:00Z
    spec: {template: {spec: {containers: [{name: main, image: busybox}]}}}
"""


def test_a_file_without_an_outcome_gets_one_and_what_people_wrote_stays() -> None:
    made = text("new.yaml", COMMENT + GIVEN)
    assert made.startswith(COMMENT + GIVEN + "then:\n  step: CreatePod\n")


def test_an_outcome_that_was_edited_is_replaced() -> None:
    made = text("new.yaml", COMMENT + GIVEN)
    assert text("new.yaml", COMMENT + GIVEN + "then:\n  step: Wait\n") == made == text("new.yaml", made)


def test_a_status_write_is_followed_by_the_step_after_it() -> None:
    cancelled = GIVEN.replace("spec: {", "spec: {cancel: true, ")
    then = yaml.safe_load(text("new.yaml", COMMENT + cancelled))["then"]
    assert (then["step"], then["status"]["phase"], then["next"]) == ("WriteStatus", "Cancelled", {"step": "Wait"})


def test_times_need_no_quotes() -> None:
    assert given_of(GIVEN)["now"] == "2026-01-01T12:00:01Z"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (GIVEN, "a comment comes first"),
        (COMMENT, "a comment comes first"),
        (COMMENT + "more: 1\n" + GIVEN, "a comment comes first"),
        (COMMENT + GIVEN + "  pod: []\n", "pod"),
        (COMMENT + "given:\n  now: today\n", "job"),
        (COMMENT + "given:\n  now: {\n", "ParserError"),
    ],
    ids=["no comment", "no given", "another key", "unknown key", "no job", "no YAML"],
)
def test_a_file_that_cannot_be_read_is_named(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=rf"tests/golden/new\.yaml: .*{why}"):
        text("new.yaml", written)
