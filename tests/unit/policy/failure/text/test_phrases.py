import pytest

from queuedjob.policy.failure.text.catalogues.all import CATALOGUES
from queuedjob.policy.failure.text.phrases import Phrases, lower_words, variants, words_of
from queuedjob.policy.failure.text.rules import ROWS


def found(phrase: str, line: str) -> bool:
    return Phrases({"it": [phrase]}).found_in(words_of(lower_words(line))) == {"it"}


@pytest.mark.parametrize(
    "line",
    [
        "connection refused",
        "Connection Refused",
        "CONNECTION_REFUSED",
        "connection-refused",
        "ConnectionRefused",
        "ConnectionRefusedError: [Errno 111]",
        "java.net.ConnectionRefused",
        "connection.refused",
        "HTTPConnectionRefused",
        "(connection  refused)",
        "a connection refused, connection reset",
    ],
)
def test_a_phrase_is_found_however_it_is_joined(line: str) -> None:
    assert found("connection refused", line)


@pytest.mark.parametrize(
    "line",
    [
        "connection, refused",
        "connection; refused",
        "connections refused",
        "connection refusedly",
        "econnection refused",
        "connection was refused",
        "connectionrefused",
        "connection2 refused",
        "connection refusé",
        "refused connection",
        "connection",
        "",
    ],
)
def test_a_phrase_is_not_found_in_other_words(line: str) -> None:
    assert not found("connection refused", line)


@pytest.mark.parametrize(
    ("phrase", "line", "is_there"),
    [
        ("(a|b) c", "b c", True),
        ("(a |)c", "c", True),
        ("unauthori(s|z)ed", "Unauthorised", True),
        ("dial ... timeout", "dial tcp 10.0.0.1: timeout", True),
        ("dial ... timeout", "dial timeout", True),
        ("dial ... timeout", "timeout of dial", False),
        ("dial tcp ... tcp timeout", "dial tcp timeout", False),
        ("a b ... c", "a b a b c", True),
        ("a (b|b c) ... c d", "a b c d", True),
        ("eof $", "get: EOF", True),
        ("eof $", "EOF while", False),
        ("^ panic", "panic: no", True),
        ("^ panic", "no panic", False),
        ("552 ... full", "552 5.2.2 mailbox full", True),
        ("4.2.2", "450 4.2.2 later", True),
        ("4.2.2", "14.2.2", False),
    ],
)
def test_a_phrase_with_choices_gaps_and_ends_is_found(phrase: str, line: str, is_there: object) -> None:
    assert found(phrase, line) is is_there


def test_several_rules_are_found_at_once() -> None:
    phrases = Phrases({"one": ["a b"], "two": ["b c", "x"], "three": ["c d"]})
    assert phrases.found_in(words_of("a b c")) == {"one", "two"}


def test_the_variants_of_a_phrase_have_no_choices() -> None:
    assert set(variants("(a|b(c|d)) e(f|)")) == {"a e", "a ef", "bc e", "bc ef", "bd e", "bd ef"}


def test_phrases_have_only_words_that_a_line_can_have() -> None:
    """Other phrases would never be found."""
    catalogued = [(each.system, phrase) for each in CATALOGUES for some in each.phrases.values() for phrase in some]
    for name, phrase in [*((row.name, phrase) for row in ROWS for phrase in row.phrases), *catalogued]:
        assert phrase.count("...") <= 1, phrase
        for said in variants(phrase.replace(" ... ", " ")):
            bare = [word for word in said.split() if word not in {"^", "$"}]
            assert words_of(lower_words(" ".join(bare)))[1:-1] == bare, f"{name}: {phrase}"


def test_two_rules_may_have_the_same_phrase() -> None:
    assert Phrases({"one": ["a b"], "two": ["a b"]}).found_in(words_of("a b")) == {"one", "two"}
    apart = Phrases({"one": ["a ... b"], "two": ["a ... b"]})
    assert apart.found_in(words_of("a, or b")) == {"one", "two"}
