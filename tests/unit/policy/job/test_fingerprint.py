from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.job.fingerprint import fingerprint


def test_fingerprints_are_the_same_for_ever() -> None:
    """A changed one would split the letters of one cause in two: a new recipe needs a new version."""
    assert fingerprint("MaxAttempts", "Transient", "exit-temporary", 75) == "v1-a6fadc019485730a"
    assert fingerprint("Permanent", "Permanent", "template-refused", None) == "v1-d2512fb97d3c98cc"


parts = st.tuples(st.text(), st.text(), st.text(), st.none() | st.integers(0, 255))


@given(parts, parts)
def test_different_failures_have_different_fingerprints(
    one: tuple[str, str, str, int | None], other: tuple[str, str, str, int | None]
) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


@given(parts)
def test_a_fingerprint_fits_a_label_value(one: tuple[str, str, str, int | None]) -> None:
    assert len(fingerprint(*one)) <= 63
    assert fingerprint(*one).replace("-", "").isalnum()
