import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob import FailurePolicy
from queuedjob.policy.failure.user_patterns import flaws_of, found


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        pytest.param("no such host", "dial tcp: lookup db: no such host", True, id="anywhere"),
        pytest.param("no such host", "No such host", False, id="heeds case"),
        pytest.param("(?i)no such host", "No Such Host", True, id="unless told not to"),
        pytest.param("^no", "say no", False, id="anchored where it says so"),
        pytest.param(r"(?m)^FATAL", "one\nFATAL two", True, id="at the beginning of any line where it says so"),
        pytest.param(r"code=4\d\d\b", "code=429", True, id="classes and boundaries"),
        pytest.param(r"a.c", "aéc", True, id="a character is one, however many bytes it has"),
        pytest.param(r"\QC:\x\E", r"at C:\x", True, id="quoted"),
        pytest.param("^$", "", True, id="nothing was said"),
        pytest.param("(no", "(no", False, id="one that cannot be read matches nothing"),
    ],
)
def test_a_pattern_is_searched_for(pattern: str, text: str, *, matches: bool) -> None:
    assert found(pattern, text) is matches


@pytest.mark.parametrize(
    ("pattern", "flaw"),
    [
        ("no such host", ""),
        ("(no", "missing ): (no"),
        ("(?=x)", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("a{1001}", "invalid repetition size: {1001}"),
        (r"\pL{1000}", "pattern too large - compile failed"),
        (r"\pL{50}", "pattern too large - compile failed"),
    ],
)
def test_a_pattern_that_cannot_be_read_says_why(pattern: str, flaw: str) -> None:
    rules = [{"name": "r", "messageMatches": pattern, "class": "Crash"}]
    assert flaws_of(FailurePolicy.model_validate({"rules": rules})) == (flaw,)


@given(st.text(max_size=1024), st.text(max_size=2048))
def test_no_pattern_and_no_text_breaks_the_search(pattern: str, text: str) -> None:
    assert found(pattern, text) in {True, False}
