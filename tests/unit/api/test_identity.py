"""Golden names that must never change: a change of any of them makes two pods for one attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.identity import is_object_name, letter_name, name_hash, parse_pod_name, pod_name, pod_stem, stem

UID = "0b1c5a43-6f6e-4c1b-9a0e-6f1f0d7e2a11"
UIDS = st.uuids().map(str)
REDRIVES = st.integers(min_value=0, max_value=10_000)
NUMBERS = st.integers(min_value=1, max_value=999_999)
NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", fullmatch=True)


def test_names_stand_for_ever() -> None:
    assert pod_name("invoice-42", UID, 0, 1) == "invoice-42-2qyldqhjgs-1"
    assert pod_name("invoice-42", UID, 1, 12) == "invoice-42-wdrow2baru-12"
    assert letter_name("invoice-42", UID, 0) == "invoice-42-2qyldqhjgs"
    assert letter_name("invoice-42", UID, 0, rank=2) == "invoice-42-2qyldqhjgs-2"
    assert (
        pod_name("a" * 44 + ".b" + "c" * 17, UID, 0, 1) == "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-2qyldqhjgs-1"
    )


@given(NAMES, UIDS, REDRIVES, NUMBERS)
def test_a_pod_name_is_a_dns_label_that_tells_hash_and_number(job: str, uid: str, redrives: int, number: int) -> None:
    name = pod_name(job, uid, redrives, number)
    assert len(name) <= 63
    assert "." not in name
    assert "--" not in name or "--" in job.replace(".", "-")
    assert name[0].isalnum()
    assert parse_pod_name(name) == (name_hash(uid, redrives), number)
    assert pod_stem(name) == stem(job)


@given(NAMES, UIDS, REDRIVES, NUMBERS)
def test_only_the_number_differs_between_attempts(job: str, uid: str, redrives: int, number: int) -> None:
    first = pod_name(job, uid, redrives, 1)
    assert pod_name(job, uid, redrives, number) == f"{first.removesuffix('1')}{number}"
    assert letter_name(job, uid, redrives) == first.removesuffix("-1")


@given(UIDS, REDRIVES)
def test_every_run_of_a_job_has_names_of_its_own(uid: str, redrives: int) -> None:
    assert name_hash(uid, redrives) != name_hash(uid, redrives + 1)


def test_foreign_names_are_not_read() -> None:
    for name in ("web-5d4f-1", "a-abcdefghij", "a-abcdefghij-0", "a-ABCDEFGHIJ-1", "a-abcdefgh1j-1", "abcdefghij-1"):
        assert parse_pod_name(name) is None, name
        assert pod_stem(name) == ""


@pytest.mark.parametrize("name", ["a", "a-b", "a.b-c.d", "1", "a" * 253])
def test_a_dns_subdomain_names_an_object(name: str) -> None:
    assert is_object_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a..b", "a.-b", "-a", "a-", "A", "a_b", "a/b", "a" * 254, "a\n", "é"])
def test_what_is_no_dns_subdomain_names_no_object(name: str) -> None:
    assert not is_object_name(name)


@given(NAMES, UIDS, REDRIVES, NUMBERS)
def test_every_pod_name_names_an_object(job: str, uid: str, redrives: int, number: int) -> None:
    if is_object_name(job):
        assert is_object_name(pod_name(job, uid, redrives, number))
