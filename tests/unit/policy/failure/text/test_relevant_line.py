import pytest

from queuedjob.policy.failure.text.rules import rules_for
from tests.unit.policy.failure.text.last_words.stack_traces import GO, JAVA, PYTHON


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param("HTTP 503\nclosing\nbye", {"text-unavailable"}, id="the last line that a rule knows"),
        pytest.param("HTTP 404\nHTTP 503", {"text-unavailable"}, id="not one above it"),
        pytest.param("HTTP 503\nINFO HTTP 404", {"text-unavailable"}, id="a line of level INFO is passed over"),
        pytest.param("HTTP 400\nWARN HTTP 404", {"text-not-found"}, id="one of level WARN is not"),
        pytest.param("HTTP 400\nINFORMATION: HTTP 404", {"text-not-found"}, id="nor one that only begins like it"),
        pytest.param("HTTP 503\nHTTP 404", {"text-unavailable"}, id="what passes outranks what lasts, wherever it is"),
        pytest.param(
            "WARN HTTP 503, retrying in 5s\nHTTP 404", {"text-not-found"}, id="unless the program tried again"
        ),
        pytest.param("INFO HTTP 503\nHTTP 404", {"text-not-found"}, id="or its level is INFO"),
        pytest.param(
            "Error acquiring the state lock\nmake: ***\nchmod: x: Operation not permitted",
            {"text-lock"},
            id="a lock, and what failed because of it",
        ),
        pytest.param(
            "RequestTimeTooSkewed: no\n\tstatus code: 403, request id: x",
            {"text-clock-skew"},
            id="a name, and a status below it",
        ),
        pytest.param(
            "452 4.2.2 <a@b.c>: mailbox full, over quota",
            {"text-unavailable"},
            id="a mail server that says 4 means later",
        ),
        pytest.param("552 5.2.2 <a@b.c>: mailbox full", {"text-quota"}, id="and 5 never"),
        pytest.param(
            "HTTP 503\ncard declined", {"text-declined"}, id="a failure that only looks as if it passed stays one"
        ),
        pytest.param(
            '{"level": "error", "error": "HTTP 503\\n\\tat org.acme.A.b(A.java:12)\\n"}',
            {"text-unavailable"},
            id="lines within a string of JSON",
        ),
        pytest.param('{"level": "info", "msg": "a\\nHTTP 503"}', set(), id="all of them have the line's level"),
        pytest.param(
            'HTTP 503\n{"ts": 1, "level": "debug", "msg": "HTTP 404"}', {"text-unavailable"}, id="levels in JSON"
        ),
        pytest.param("HTTP 503, connection refused", {"text-unavailable", "text-connection-refused"}, id="two know it"),
        pytest.param("config.yml was not found\nbye", set(), id="a lasting failure that is not told as one"),
        pytest.param("file not found\nError: job not found\nbye", {"text-not-found"}, id="told as an error"),
        pytest.param("cat: x: No such file or directory\nbye", set(), id="a command in a script that went on"),
        pytest.param("cat: x: No such file or directory", {"text-not-found"}, id="the same as the last line"),
        pytest.param("mkdir: can't create directory 'x': Permission denied\nbye", set(), id="whatever its words"),
        pytest.param("rm: cannot remove 'x': No such file or directory", set(), id="nor is clean-up the reason"),
        pytest.param("NoSuchKey x\nbye", {"text-not-found"}, id="told by the name that a system has for it"),
        pytest.param("ORA-00942\nbye", {"text-program"}, id="or by its code"),
        pytest.param("  \n\n", set(), id="nothing was said"),
        pytest.param("HTTP 503\r\nbye\r\n", {"text-unavailable"}, id="lines of Windows"),
    ],
)
def test_the_line_that_counts_is(text: str, rules: set[str]) -> None:
    assert rules_for(text) == rules


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param(
            '  File "/app/main.py", line 3, in <module>\n    raise Error("HTTP 503")\nacme.Error: no',
            {"python-traceback"},
            id="source code in a frame says what might have happened",
        ),
        pytest.param(
            "HTTP 503\n" + PYTHON.format("acme.Error: no"), {"python-traceback"}, id="what stood above a traceback"
        ),
        pytest.param(
            PYTHON.format("acme.Error: HTTP 404") + "\nHTTP 503", {"text-unavailable"}, id="what follows a traceback"
        ),
        pytest.param(
            PYTHON.format("acme.Error: no") + "\n  during shipping: HTTP 503",
            {"text-unavailable"},
            id="an exception's second line",
        ),
        pytest.param(
            "ReadTimeout: timed out\n    at f (/app/connect/timeout.js:503:1)",
            {"text-read-timeout", "text-timeout"},
            id="a frame's file",
        ),
        pytest.param(GO.format("no").replace("main.main", "http.status503"), {"go-panic"}, id="a frame's function"),
        pytest.param(
            "HTTP 404\ngoroutine 7 [running]:\nnet.ConnectionRefused(0x1)\n\t/go/net.go:4 +0x1d",
            {"text-not-found"},
            id="nor what Go was doing",
        ),
        pytest.param("http.StatusCode()\nHTTP 503", {"text-unavailable"}, id="a function is no frame by itself"),
        pytest.param(
            JAVA.format("java.io.IOException: no").replace(
                "\t... 5", "\tSuppressed: java.net.ConnectException: Connection refused\n\t\t... 5"
            ),
            {"java-exception"},
            id="a suppressed exception",
        ),
        pytest.param(
            "Root: HTTP 503\norg.acme.RootException: no\n\tat org.acme.A.b(A.java:12)\nWrapped by: HTTP 404\n"
            "\tat org.acme.Main.main(Main.java:7)",
            {"java-exception"},
            id="a cause that is told first",
        ),
        pytest.param(
            "HTTP 503\n" + "\n".join("12345") + "\n6\n7\n\tat org.acme.A.b(A.java:12)",
            {"java-exception"},
            id="nor what stood far above a trace",
        ),
        pytest.param(
            "HTTP 503\n\nDuring handling of the above exception, another exception occurred:\n\n"
            + PYTHON.format("KeyError: 'customer'"),
            {"text-unavailable"},
            id="but the exception that another one was raised for",
        ),
        pytest.param(
            "acme.Error: HTTP 503\n\tat org.acme.A.b(A.java:12)\nCaused by: acme.Other: no\n\t... 5 more",
            {"text-unavailable"},
            id="and the one that wraps it",
        ),
        pytest.param(
            "HTTP 404\nterminate called after throwing an instance of 'E'\n  what():  Broken pipe\nAborted",
            {"text-connection-lost"},
            id="what C++ says of an exception",
        ),
        pytest.param(
            "HTTP 503\nterminate called after throwing an instance of 'E'\n  what():  no\nAborted (core dumped)",
            {"text-aborted"},
            id="and nothing above it",
        ),
        pytest.param(
            "PHP Fatal error: Uncaught E: HTTP 503 in /a.php:3\nStack trace:\n#0 /a.php(7): f()\n#1 {main}",
            {"text-unavailable"},
            id="a head above the title of the frames",
        ),
        pytest.param(
            "HTTP 404\nsomething odd\n\tat org.acme.A.b(A.java:12)",
            {"text-not-found"},
            id="a trace whose exception is not in sight",
        ),
    ],
)
def test_of_a_trace_only_the_exceptions_own_line_counts(text: str, rules: set[str]) -> None:
    assert rules_for(text) == rules
