import pytest

from queuedjob.policy.failure.text.catalogues.curl import CURL
from queuedjob.policy.failure.text.catalogues.programs import PROGRAMS
from queuedjob.policy.failure.text.catalogues.rsync import RSYNC
from queuedjob.policy.failure.text.rules import ROWS, rules_for


def test_the_exit_codes_of_programs_belong_to_rules_that_exist() -> None:
    assert {rule for each in PROGRAMS for rule in each.codes.values()} <= {row.name for row in ROWS}
    assert all(each.source for each in PROGRAMS)


@pytest.mark.parametrize(
    ("text", "exit_code", "rules"),
    [
        ("curl: no", 28, {"text-timeout"}),
        ("curl: no", 92, {"text-connection-lost"}),
        ("wget: no", 4, {"text-network"}),
        ("--2030-01-31 09:00:00--  http://x/", 4, {"text-network"}),
        ("rsync: no", 24, {"text-busy"}),
        ("restic 0.17 said no", 11, {"text-lock"}),
        ("repository d40db62f opened", 12, {"text-credentials"}),
        ("terminating with error status, rc 73", 73, {"text-lock"}),
        ("rclone: no", 5, {"text-unavailable"}),
        ("ERROR: [082]: no", 82, {"text-timeout"}),
        ("PLAY RECAP ***", 4, {"text-network"}),
        ("psql:x.sql:3: no", 2, {"text-connection-lost"}),
        pytest.param("rsync: no", 1, set(), id="the code of any script"),
        pytest.param("no", 28, set(), id="the words do not name the program"),
        pytest.param("curl: no", 3, set(), id="a code that says nothing"),
        pytest.param("curl: no", None, set(), id="no code"),
        pytest.param("curl: no\nHTTP 404", 28, {"text-not-found"}, id="words that name a cause come first"),
        pytest.param("curl: no\n\tat org.acme.A.b(A.java:12)", 28, {"text-timeout"}, id="a trace comes last"),
    ],
)
def test_an_exit_code_counts_where_the_words_name_its_program(
    text: str, exit_code: int | None, rules: set[str]
) -> None:
    assert rules_for(text, exit_code) == rules


CODES_IN_WORDS = [
    *((f"curl: ({code}) x", "curl: no", int(code)) for code in CURL.codes),
    *((f"rsync error: x (code {code}) at io.c(605)", "rsync: no", int(code)) for code in RSYNC.codes if int(code) > 2),
]


@pytest.mark.parametrize(("words", "program", "code"), CODES_IN_WORDS)
def test_a_code_means_the_same_as_an_exit_code_and_in_the_words_of_its_program(
    words: str, program: str, code: int
) -> None:
    said = rules_for(words)
    assert said
    assert rules_for(program, code) == said
