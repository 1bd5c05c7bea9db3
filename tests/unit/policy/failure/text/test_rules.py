"""What last words decide: by text rules, and only if there is no stronger evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.facts import Pod
from queuedjob.policy.failure.classes import PERMANENT
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import Evidence, evidence_of
from queuedjob.policy.failure.rules import Action
from queuedjob.policy.failure.text.catalogues.all import CATALOGUES
from queuedjob.policy.failure.text.phrases import variants
from queuedjob.policy.failure.text.rules import ROWS, TEXT_RULES, rules_for
from tests.builders import NOON, a_pod, own_rule
from tests.unit.policy.failure.text.last_words import Said
from tests.unit.policy.failure.text.last_words.clouds import CLOUDS
from tests.unit.policy.failure.text.last_words.databases import DATABASES
from tests.unit.policy.failure.text.last_words.http import HTTP
from tests.unit.policy.failure.text.last_words.messaging import MESSAGING
from tests.unit.policy.failure.text.last_words.nothing import NOTHING
from tests.unit.policy.failure.text.last_words.others import OTHERS
from tests.unit.policy.failure.text.last_words.stack_traces import TRACES

SAID: Final[list[Said]] = [*CLOUDS, *DATABASES, *MESSAGING, *HTTP, *OTHERS, *TRACES]


def ended(text: str) -> Evidence:
    """The evidence of a container with these last words and exit code 1, which has no meaning of its own."""
    return evidence_of(a_pod().exited(1, message=text))


def told(text: str) -> tuple[str, str]:
    """Class and rule."""
    verdict = classify(ended(text))
    return (verdict.failure.name if verdict.failure else "", verdict.rule)


@pytest.mark.parametrize(("failure", "rule", "text"), [pytest.param(*said, id=said[2][:60]) for said in SAID])
def test_last_words_are_classified_by_their_rule(failure: str, rule: str, text: str) -> None:
    assert told(text) == (failure, rule)


@pytest.mark.parametrize("text", NOTHING)
def test_a_text_without_a_failure_decides_nothing(text: str) -> None:
    assert told(text) == ("Unknown", "unknown")


def test_every_text_rule_decides_somewhere_in_the_tables() -> None:
    assert {rule.name for rule in TEXT_RULES} == {rule for _, rule, _ in SAID}


def test_the_tables_are_as_large_as_they_were_promised_to_be() -> None:
    assert len({text for _, _, text in SAID}) >= 150
    assert len(set(NOTHING)) >= 40


@pytest.mark.parametrize(
    ("text", "failure", "action"),
    [
        # The failure catalogue, A1 to A10.
        ("JOB_TIMEOUT after 30s", "Timeout", None),
        ("429 Too Many Requests", "RateLimited", None),
        ("connection refused", "Transient", None),
        ("connection reset", "Transient", None),
        ("HTTP 503", "Transient", None),
        ("network timeout", "Transient", None),
        ("Database connection lost", "Transient", None),
        ("database connection pool exhausted", "Transient", None),
        ("SMTP connection timeout", "Transient", None),
        ("validation failed", "Permanent", Action.FIX_SPEC),
        ("invalid data", "Permanent", Action.FIX_SPEC),
        ("HTTP 400", "Permanent", Action.FIX_SPEC),
        ("business rule violation", "Permanent", Action.FIX_SPEC),
        ("HTTP 404", "Permanent", Action.SKIP),
        ("HTTP 401", "Permanent", Action.CHECK_CREDENTIALS),
        ("HTTP 403", "Permanent", Action.CHECK_CREDENTIALS),
        ("duplicate request", "Permanent", Action.SKIP),
        ("something unexpected", "Unknown", None),
        ("sh: make-invoice: command not found", "Permanent", Action.FIX_SPEC),
        ("panic: assignment to entry in nil map", "Crash", None),
        # Other common spellings.
        ("ECONNREFUSED", "Transient", None),
        ("JOB_TIMEOUT", "Timeout", None),
        ("VALIDATION_ERROR", "Permanent", Action.FIX_SPEC),
        ("404 NOT_FOUND", "Permanent", Action.SKIP),
    ],
)
def test_what_the_failure_catalogue_names_has_its_class_and_its_action(
    text: str, failure: str, action: Action | None
) -> None:
    verdict = classify(ended(text))
    assert (verdict.failure and verdict.failure.name, verdict.action) == (failure, action)


@pytest.mark.parametrize("write", [str.upper, str.lower, str.title], ids=["upper", "lower", "title"])
def test_case_does_not_matter(write: Callable[[str], str]) -> None:
    for text in ("Connection refused", "too many requests", "http status 503", "validation error"):
        assert told(write(text)) == told(text) != ("Unknown", "unknown")


# --- among the other evidence


@pytest.mark.parametrize(
    ("pod", "rule"),
    [
        pytest.param(a_pod().exited(75, message="HTTP 404"), "exit-temporary", id="an exit code"),
        pytest.param(a_pod().exited(139, message="HTTP 404"), "fatal-signal", id="a signal"),
        pytest.param(a_pod().oom_killed(message="HTTP 404"), "oom-killed", id="what Kubernetes says"),
        pytest.param(a_pod().running().deleted().exited(1, message="HTTP 404"), "deleted", id="somebody's deletion"),
        pytest.param(a_pod().succeeded(), "succeeded", id="success"),
    ],
)
def test_words_are_the_weakest_evidence(pod: Pod, rule: str) -> None:
    assert classify(evidence_of(pod)).rule == rule


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        pytest.param('{"reason": "VALIDATION_ERROR"}', "text-invalid", id="is read like words"),
        pytest.param('{"reason": "VALIDATION_ERROR", "message": "HTTP 503"}', "text-invalid", id="before its message"),
        pytest.param(
            '{"reason": "OrderFailed", "message": "HTTP 503"}', "text-unavailable", id="unless it says nothing"
        ),
        pytest.param('HTTP 404\n{"reason": "RateLimit"}\nHTTP 503', "text-rate-limited", id="and before what followed"),
        pytest.param(
            '{"class": "Transient", "reason": "VALIDATION_ERROR"}', "says-transient", id="but not before its class"
        ),
    ],
)
def test_the_jobs_own_reason(message: str, rule: str) -> None:
    assert told(message)[1] == rule


def test_the_users_rule_outranks_words() -> None:
    assert classify(ended("HTTP 404"), [own_rule("mine", "Crash", exit_codes=[1])]).rule == "mine"


def test_the_verdict_says_how_the_container_ended_and_its_last_words() -> None:
    verdict = classify(ended("HTTP 503"))
    assert (verdict.reason, verdict.message) == ("Unavailable", "Container main exited with 1: HTTP 503")


def test_a_text_rule_has_an_action_if_and_only_if_it_is_permanent() -> None:
    assert [rule.name for rule in TEXT_RULES if (rule.failure is PERMANENT) != (rule.action is not None)] == []


REASONS: Final = {
    "text-too-large": "TooLarge",
    "text-declined": "Declined",
    "text-clock-skew": "ClockSkew",
    "text-lock": "Locked",
    "text-busy": "ResourceBusy",
    "text-quota": "QuotaExhausted",
    "text-certificate": "CertificateInvalid",
    "text-rate-limited": "TooManyRequests",
    "text-pool-exhausted": "PoolExhausted",
    "text-read-timeout": "ReadTimeout",
    "text-dns": "NameNotResolved",
    "text-connect-timeout": "ConnectTimeout",
    "text-connection-refused": "ConnectionRefused",
    "text-tls-handshake": "TlsHandshake",
    "text-contention": "Contention",
    "text-unavailable": "Unavailable",
    "text-connection-lost": "ConnectionLost",
    "text-network": "NetworkUnreachable",
    "text-disk-full": "DiskFull",
    "text-timeout": "TimedOut",
    "text-not-runnable": "NotRunnable",
    "text-credentials": "NotAllowed",
    "text-licence": "LicenceInvalid",
    "text-duplicate": "Duplicate",
    "text-program": "ProgramError",
    "text-invalid": "InvalidInput",
    "text-not-found": "NotFound",
    "text-out-of-memory": "OutOfMemory",
    "text-aborted": "Aborted",
}
"""The reason in the status by text rule. The reason for traces of all languages is UnhandledException."""


def test_the_reasons_of_text_rules_stay_as_they_are() -> None:
    assert {rule.name: rule.reason for rule in TEXT_RULES if rule.reason != "UnhandledException"} == REASONS


ANSWERS: Final = {
    "text-invalid": (400, 415, 422),
    "text-credentials": (401, 403, 407),
    "text-quota": (402,),
    "text-not-found": (404, 410),
    "text-program": (405, 501, 505),
    "text-unavailable": (408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529),
    "text-too-large": (413,),
    "text-rate-limited": (429,),
}


def test_every_http_status_is_known_to_its_rule_or_to_no_rule() -> None:
    known = {status: rule for rule, statuses in ANSWERS.items() for status in statuses}
    decided = {status: rule for status in range(100, 600) if (rule := told(f"HTTP {status}")[1]) != "unknown"}
    assert decided == known


# --- properties of any text

PHRASES: Final = [
    *(phrase for row in ROWS for phrase in row.phrases),
    *(phrase for each in CATALOGUES for some in each.phrases.values() for phrase in some),
    *(name.lower() for each in CATALOGUES for some in each.names.values() for name in some),
]
VOCABULARY: Final = sorted({word for phrase in PHRASES for said in variants(phrase) for word in said.split()})
hostile = st.lists(
    st.sampled_from(VOCABULARY) | st.sampled_from(["\n", "\n\tat ", '\n  File "', ", ", " 503 ", "http", "=", "A"]),
    max_size=300,
).map(" ".join)
anything = st.text(max_size=3000) | hostile | st.text(st.characters(), max_size=50)


@given(anything)
def test_no_text_breaks_the_chain_and_each_has_a_class(text: str) -> None:
    assert classify(ended(text)).failure is not None


@given(anything)
def test_the_first_rule_that_knows_a_text_decides(text: str) -> None:
    evidence = ended(text)
    first = next((rule.name for rule in TEXT_RULES if rule.matches(evidence)), "unknown")
    assert classify(evidence).rule == first


@given(anything, st.text(max_size=20), st.text(max_size=20))
def test_evidence_that_text_rules_do_not_read_changes_nothing(text: str, one: str, other: str) -> None:
    beside = replace(ended(text), container=one, waiting_message=other, waiting_reason=one, started=NOON, finished=NOON)
    assert classify(beside).rule == classify(ended(text)).rule


SAYS_STATUS: Final = ("HTTP {}", "status={}", "status code: {}", "error {}", 'code: "{}"', "HTTP/1.1 {}", "got {} rows")
GLUED: Final = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=3)


@given(
    st.sampled_from(SAYS_STATUS),
    st.sampled_from([400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504]),
    GLUED,
    st.sampled_from(["{1}{0}", "{0}{1}", "{0}.5", "{0},000", "1.{0}", "1,{0}", "{0}%", "{0}-1", "10.0.0.1:{0}"]),
)
def test_digits_within_something_larger_never_decide(template: str, status: int, glued: str, joined: str) -> None:
    assert told(template.format(joined.format(status, glued))) == ("Unknown", "unknown")


@given(st.integers(100, 999))
def test_a_number_alone_never_decides(number: int) -> None:
    for text in (f"{number}", f"processed {number} rows", f"took {number} ms", f"error: {number} rows left"):
        assert told(text) == ("Unknown", "unknown")


@given(st.sampled_from(SAID), st.sampled_from(NOTHING))
def test_a_text_without_a_failure_after_a_failure_changes_nothing(said: Said, nothing: str) -> None:
    failure, rule, text = said
    doubted = {("Unknown", "unknown")} if failure == "Permanent" else set()
    assert told(f"{text}\n{nothing}") in {(failure, rule)} | doubted


def test_more_than_the_kubelet_keeps_is_not_read() -> None:
    assert rules_for("HTTP 503" + "\nok" * 79)
    assert not rules_for("HTTP 503" + "\nok" * 80)
    assert not rules_for("HTTP 503\n" + "x" * 2048)


def test_last_words_with_lone_surrogates_are_read() -> None:
    """A command line may pass bytes that are not UTF-8, as lone surrogates."""
    assert rules_for("\ud800 HTTP 503 \udfff") == {"text-unavailable"}
