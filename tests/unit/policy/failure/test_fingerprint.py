import re
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queuedjob.policy.failure import fingerprint as module
from queuedjob.policy.failure.fingerprint import fingerprint, masked

START = "Did not start within timeouts.start "


def of(message: str = "Container main exited with 1", **other: Any) -> str:  # noqa: ANN401 - the recipe's other parts
    recipe: dict[str, Any] = {"job_type": "invoice", "reason": "Error", "rule": "unknown", "exit_code": 1, **other}
    return fingerprint(message=message, **recipe)


def not_started(reason: str, words: str) -> str:
    return of(f"{START}({words})", reason=reason, rule="stopped-start", exit_code=None)


CAUSES = {
    "a bad image": not_started("ImagePullBackOff", 'Back-off pulling image "registry.example/invoices:nope"'),
    "another bad image": not_started("ImagePullBackOff", 'Back-off pulling image "registry.example/refunds:nope"'),
    "a missing ConfigMap": not_started("CreateContainerConfigError", 'configmap "limits" not found'),
    "a missing Secret": not_started("CreateContainerConfigError", 'secret "limits" not found'),
    "a wrong pull policy": not_started(
        "ErrImageNeverPull", 'Container image "x" is not present with pull policy of Never'
    ),
    "exit 1 of a program": of("Container main exited with 1: ValueError: no such order"),
    "exit 1 of another program": of("Container main exited with 1: cannot open the ledger"),
    "exit 1 without a word": of(),
    "the same of another type": of(job_type="refund"),
    "exit 2": of(exit_code=2),
    "another rule": of(rule="text-refused"),
}


def test_each_cause_has_a_fingerprint_of_its_own() -> None:
    assert len(set(CAUSES.values())) == len(CAUSES)


TRACE = """Traceback (most recent call last):
  File "/app/main.py", line {line}, in main
    charge({order})
ValueError: order {order} was charged at {time} by {pod} ({address})
{after}"""


def a_trace(**said: object) -> str:
    parts = {
        "line": 12,
        "order": 42,
        "time": "2030-01-31T09:00:00Z",
        "pod": "api-7c9d8f-xkjzw",
        "address": "10.0.0.1:80",
    }
    return TRACE.format(**{**parts, "after": "", **said})


@pytest.mark.parametrize(
    "said",
    [
        {"line": 13},
        {"order": 4_711},
        {"time": "2031-12-01T10:11:12.345678+02:00"},
        {"pod": "api-5f6dbbc7c-bxqzp"},
        {"address": "192.168.17.4:8080"},
        {"address": "[fe80::1]:80"},
        {"after": "2030-01-31T09:00:01Z INFO closing 3 connections"},
    ],
    ids=str,
)
def test_the_same_failure_at_another_time_and_place_has_the_same_fingerprint(said: dict[str, object]) -> None:
    assert of(a_trace(**said)) == of(a_trace())


def test_the_names_of_job_pod_and_namespace_do_not_count() -> None:
    words = "cannot lock {} in {}, held by {}"
    one = of(
        words.format("invoice-a", "billing", "invoice-a-abcdefghij-2"),
        names=("invoice-a-abcdefghij-2", "invoice-a", "billing"),
    )
    two = of(words.format("night", "other", "night-klmnopqrst-1"), names=("night-klmnopqrst-1", "night", "other"))
    assert one == two


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("order 42 failed", "order # failed"),
        ("order 42, 43 and 44", "order # and #"),
        ("id 0b4f7c1e-5a2d-4e0b-9a51-3f0f6d1c2b7a", "id #"),
        ("id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "id #"),
        ("peer fe80::1 is gone", "peer # is gone"),
        ("std::bad_alloc", "std::bad_alloc"),
        ("commit deadbeefcafe", "commit #"),
        ("commit 3f0f6d1 of main", "commit # of main"),
        ("at 0x7fff5694dc58", "at #"),
        ("sha256:9f86d081884c7d659a2feaa0c55ad015", "sha#"),
        ("10.0.0.1:5432 refused", "# refused"),
        ("2030-01-31T09:00:00.5Z died", "# died"),
        ("after 30s of 45s", "after #s of #s"),
        ("worker3 speaks utf8", "worker# speaks utf#"),
        ("session k3vqqf5c2m", "session #"),
        ("facade decade", "facade decade"),
        ('configmap "limits" not found', 'configmap "limits" not found'),
    ],
)
def test_what_differs_between_ends_of_one_cause_is_masked(line: str, expected: str) -> None:
    assert masked(line) == expected


lines = st.text() | st.text("0123456789abcdefxyz#-.:/, _T\t", max_size=60)


@given(lines)
@example("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee-bbbb-cccc-dddd-eeeeeeeeeeee")
@example("#-#1-2")
def test_masking_twice_is_masking_once(line: str) -> None:
    assert masked(masked(line)) == masked(line)


@given(lines)
def test_no_digit_is_left(line: str) -> None:
    assert not any(character in "0123456789" for character in masked(line))


WORD_WITH_A_DIGIT: Final = re.compile(r"[0-9A-Za-z]*[0-9][0-9A-Za-z]*")
"""The words that are masked, said as simply as can be. A search for them takes the square of a word's length."""


@given(lines)
@example("Zebra, Z9 and 9Z")
@example("éa1é")
def test_the_words_with_a_digit_are_found_as_by_their_definition(line: str) -> None:
    assert module._WORD.findall(line) == WORD_WITH_A_DIGIT.findall(line)


@pytest.mark.parametrize("part", ["Z", "Zz ", "a-Z", "[Z", "::Z"])
def test_a_long_line_without_a_digit_is_read_in_linear_time(part: str) -> None:
    """It takes 0.1 s; in quadratic time one word of 256 KiB would take a quarter of an hour."""
    line = (part * 2**18)[: 2**18]
    assert masked(line) == " ".join(line.split())


def test_fingerprints_are_the_same_for_ever() -> None:
    """A changed fingerprint would split the dead letters of one cause in two: a new recipe needs a new version."""
    assert of() == "v2-a78b2570ede2119f"
    assert of(a_trace()) == "v2-935011ea3031b112"


@given(st.text(), st.text(), st.text(), st.none() | st.integers(0, 255), st.text())
def test_a_fingerprint_fits_a_label_value(kind: str, reason: str, rule: str, code: int | None, message: str) -> None:
    found = fingerprint(job_type=kind, reason=reason, rule=rule, exit_code=code, message=message)
    assert len(found) <= 63
    assert found.replace("-", "").isalnum()
