import pytest

from queuedjob.policy.failure.text.stack_traces import Language, frames_among, is_go_function, names_an_exception


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ('  File "/app/main.py", line 7, in main', Language.PYTHON),
        ('  | File "/app/main.py", line 7, in main', Language.PYTHON),
        ("\t/app/main.go:12 +0x1d", Language.GO),
        ("goroutine 1 [running]:", Language.GO),
        ("\tat acme.Main.main(Main.java:7)", Language.JAVA),
        ("\t... 12 more", Language.JAVA),
        ("             at ./src/main.rs:7:5", Language.RUST),
        ("\tfrom /app/main.rb:7:in `main'", Language.RUBY),
        ("#0 /app/main.php(7): main()", Language.PHP),
        ("#1 {main}", Language.PHP),
        ("    at main (/app/main.js:7:11)", Language.NODE),
        ("   at Acme.Program.Main(String[] args) in /app/Program.cs:line 7", Language.DOTNET),
        ("we met at noon", None),
    ],
)
def test_a_frame_shows_its_language(line: str, language: Language | None) -> None:
    assert list(frames_among([line])) == [(line, language)]


@pytest.mark.parametrize(
    "line",
    [
        "main.main()",
        "main.work(...)",
        "net/http.(*Client).do(0xc0000b4000, 0x503)",
        "main.add({0x1, 0x2}, 0x3)",
    ],
)
def test_go_puts_the_function_above_its_place(line: str) -> None:
    assert is_go_function(line)


@pytest.mark.parametrize("line", ["main.main", "it called main.main()", "http.Status(503)", "(0x1)", ""])
def test_a_line_that_only_looks_like_a_go_function_is_none(line: str) -> None:
    assert not is_go_function(line)


@pytest.mark.parametrize(
    "line",
    [
        "ValueError: no",
        "acme.db.ConnectionError",
        "java.lang.IllegalStateException: no",
        "java.lang.Throwable",
        "  TypeError: x is not a function",
        "Uncaught TypeError: no",
        "[Uncaught ReferenceError: no",
        "Error",
    ],
)
def test_the_line_of_an_exception_is_recognised(line: str) -> None:
    assert names_an_exception(line)


@pytest.mark.parametrize("line", ["Errors: none", "an Error", "Exceptional", "error: no", ""])
def test_other_lines_name_no_exception(line: str) -> None:
    assert not names_an_exception(line)
