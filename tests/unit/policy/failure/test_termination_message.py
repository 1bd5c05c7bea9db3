"""What a job can report in its termination message, and what happens to wrong values."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob_status import Progress
from queuedjob.api.types.json_value import DEEPEST, Json
from queuedjob.api.types.plain_text import plain
from queuedjob.policy.failure.classes import CLASSES, NAMEABLE, RATE_LIMITED
from queuedjob.policy.failure.termination_message import NO_MESSAGE, TerminationMessage, read_termination_message

WHOLE = {
    "class": "RateLimited",
    "reason": "QuotaSpent",
    "message": "come back tomorrow",
    "retryAfter": "1h30m",
    "checkpoint": {"record": 800},
    "result": ["anything", 1.5, None],
    "progress": {"done": 800, "total": 1000},
}


def saying(**said: object) -> TerminationMessage:
    return read_termination_message(json.dumps(said))


def test_a_job_can_report_all_keys_on_one_line() -> None:
    assert read_termination_message(json.dumps(WHOLE)) == TerminationMessage(
        failure=RATE_LIMITED,
        reason="QuotaSpent",
        message="come back tomorrow",
        retry_after=5400.0,
        checkpoint=Json('{"record":800}'),
        result=Json('["anything",1.5,null]'),
        progress=Progress(done=800, total=1000),
        words="come back tomorrow",
    )


def test_an_empty_message_reports_nothing() -> None:
    assert read_termination_message("") == NO_MESSAGE
    assert read_termination_message("\n \n") == NO_MESSAGE


def test_null_and_empty_values_report_nothing() -> None:
    assert saying(**dict.fromkeys(WHOLE)) == NO_MESSAGE
    assert saying(**{"class": "", "reason": " ", "message": "", "retryAfter": ""}) == NO_MESSAGE


# --- which line is used


def test_the_last_line_that_is_an_object_wins_whole() -> None:
    lines = ['{"reason": "First", "checkpoint": 1}', "noise", '{"reason": "Last"}', "[1]", "7", '"text"', ""]
    reported = read_termination_message("\n".join(lines))
    assert (reported.reason, reported.checkpoint) == ("Last", None)
    assert reported.ignored == ()


def test_a_line_may_be_indented_and_end_as_on_windows() -> None:
    assert read_termination_message('noise\r\n  {"reason": "Here"} \r\n').reason == "Here"


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x0c", "\x1c"])
def test_only_a_line_feed_ends_a_line(separator: str) -> None:
    said = f'{{"message": "one{separator}line"}}'
    expected = "" if separator < " " else f"one{separator}line"  # JSON itself forbids raw control characters
    assert read_termination_message(said).message == expected


def test_lines_of_json_with_other_keys_are_text() -> None:
    log = '{"level": "error", "msg": "connection refused"}'
    assert read_termination_message(log) == TerminationMessage(text=log, words=log)


def test_repeated_json_lines_are_no_text() -> None:
    lines = [json.dumps({"progress": {"done": n, "total": 200}}) for n in range(200)]
    reported = read_termination_message("\n".join(["starting", *lines, "broken"]))
    assert reported.progress == Progress(done=199, total=200)
    assert reported.words == reported.text == "starting\nbroken"


def test_the_rest_of_a_json_line_that_the_kubelet_cut_is_no_text() -> None:
    lines = [json.dumps({"progress": {"done": n, "total": 200}}) for n in range(200)]
    kept = "\n".join(lines).encode()[-4096:].decode()
    assert not kept.startswith("{")
    assert read_termination_message(kept) == TerminationMessage(progress=Progress(done=199, total=200))
    assert read_termination_message("x}\n" + '{"reason": "A"}').text == "x}"


def test_a_message_replaces_the_text_before_it_and_keeps_the_text_after_it() -> None:
    reported = read_termination_message(
        'starting\n{"level": "info", "message": "loading"}\nTraceback ...\nValueError: no'
    )
    assert reported.text == "starting\nTraceback ...\nValueError: no"
    assert reported.words == "loading\nTraceback ...\nValueError: no"


def test_the_text_around_a_json_line_is_kept_if_there_is_no_message() -> None:
    reported = read_termination_message('before\n{"checkpoint": 3}\nafter\n')
    assert (reported.text, reported.words) == ("before\nafter", "before\nafter")


@given(st.lists(st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]))), st.text(max_size=60))
def test_a_json_line_is_read_whatever_is_around_it(around: list[str], message: str) -> None:
    line = json.dumps({"message": message, "checkpoint": 1})
    reported = read_termination_message("\n".join([*around, line, *around]))
    assert reported.message == plain(message).strip()
    assert reported.checkpoint == Json("1")


# --- classes, reasons, messages


@pytest.mark.parametrize("name", [*NAMEABLE, *(name.lower() for name in NAMEABLE), *(n.upper() for n in NAMEABLE)])
def test_a_job_may_name_the_classes_that_it_can_know(name: str) -> None:
    failure = saying(**{"class": name}).failure
    assert failure is not None
    assert failure.name.casefold() == name.casefold()


@pytest.mark.parametrize("name", [c.name for c in CLASSES if c.name not in NAMEABLE])
def test_other_classes_are_not_for_a_job_to_name(name: str) -> None:
    reported = saying(**{"class": name})
    assert reported.failure is None
    assert reported.ignored == (f"class {name}: a job may say {', '.join(NAMEABLE)}",)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("NoAddress", "NoAddress"),
        ("NOT_FOUND", "NOT_FOUND"),
        ("no such address", "NoSuchAddress"),
        ("404 not found", "NotFound"),
        ("out-of-stock", "OutOfStock"),
        ("größe", "GrE"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_reason_is_made_one_word(said: str, reason: str) -> None:
    assert saying(reason=said).reason == reason
    assert saying(reason=said).ignored == ()


@given(st.text(max_size=64))
def test_any_reason_is_valid_for_a_condition(said: str) -> None:
    reason = saying(reason=said).reason
    assert reason == "" or (reason.isascii() and reason[0].isalpha() and reason.replace("_", "a").isalnum())


def test_no_control_character_of_a_message_is_kept() -> None:
    reported = saying(message="10 %\r\x1b[31mno space\x1b[0m\0", retryAfter="\x1b[2Jsoon")
    assert reported.message == "no space"
    assert reported.ignored[0].startswith("retryAfter soon: ")


def test_a_long_message_keeps_its_beginning() -> None:
    reported = saying(message="why: " + "ä" * 1500)
    assert reported.message.startswith("why: ä")
    assert 2046 <= len(reported.message.encode()) <= 2048
    assert reported.ignored == ("message why: " + "ä" * 55 + "...: what is beyond 2048 bytes",)


def test_a_message_of_exactly_the_limit_is_kept_whole() -> None:
    assert saying(message="m" * 2048) == read_termination_message(json.dumps({"message": " " + "m" * 2048}))
    assert saying(message="m" * 2048).message == "m" * 2048
    assert saying(message="m" * 2048).ignored == ()


# --- retryAfter


@pytest.mark.parametrize(("said", "seconds"), [("30s", 30), ("0s", 0), ("1h30m", 5400), ("500ms", 0.5), ("24h", 86400)])
def test_retry_after_asks_for_a_wait(said: str, seconds: float) -> None:
    assert saying(retryAfter=said) == TerminationMessage(retry_after=seconds)


def test_a_day_is_the_longest_wait() -> None:
    reported = saying(retryAfter="25h")
    assert reported.retry_after == 86400
    assert reported.ignored == ("retryAfter 25h: what is beyond 24h",)


# --- checkpoint and result


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**21, 10**300])
@pytest.mark.parametrize("key", ["checkpoint", "result"])
def test_a_whole_number_that_the_api_server_would_round_is_ignored_with_a_remark(key: str, number: int) -> None:
    reported = read_termination_message(json.dumps({key: {"wei": [number]}, "reason": "R"}))
    assert (reported.checkpoint, reported.result, reported.reason) == (None, None, "R")
    (remark,) = reported.ignored
    assert remark.startswith(key)
    assert remark.endswith("beyond 64 bits, which the API server would round: write it as text")


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 1e21, "9" * 30, 0.1])
def test_a_number_that_the_api_server_keeps_is_kept(value: object) -> None:
    assert read_termination_message(json.dumps({"checkpoint": [value]})).checkpoint == Json.of([value])


@pytest.mark.parametrize("value", [0, False, "", [], {}, 1.0, "text", {"a": [None]}, 10**18], ids=repr)
def test_any_json_but_null_is_a_checkpoint(value: object) -> None:
    checkpoint = saying(checkpoint=value).checkpoint
    assert checkpoint is not None
    assert json.dumps(checkpoint.value) == json.dumps(value)


def test_values_that_python_calls_equal_are_not_the_same() -> None:
    assert len({saying(checkpoint=value).checkpoint for value in (1, 1.0, True)}) == 3


def test_the_largest_checkpoint_and_one_larger() -> None:
    assert saying(checkpoint="x" * 2046).checkpoint == Json.of("x" * 2046)
    reported = saying(checkpoint="x" * 2047)
    assert reported.checkpoint is None
    assert reported.ignored == (f"checkpoint {'x' * 60}...: it has 2049 bytes as JSON, over the limit of 2048",)


def test_the_largest_result_and_one_larger() -> None:
    assert saying(result="x" * 4094).result == Json.of("x" * 4094)
    assert saying(result="x" * 4095).result is None


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_a_checkpoint_may_be_nested_up_to_a_limit() -> None:
    assert read_termination_message(f'{{"checkpoint": {deep(DEEPEST)}}}').checkpoint == Json(deep(DEEPEST))
    reported = read_termination_message(f'{{"checkpoint": {deep(DEEPEST + 1)}}}')
    assert reported.checkpoint is None
    assert reported.ignored == (f"checkpoint ...: it is nested more than {DEEPEST} deep",)


def test_no_variable_can_hold_a_nul() -> None:
    assert saying(checkpoint="a\0b").checkpoint is None
    assert saying(checkpoint="a\0b").ignored[0].endswith(": no environment variable can hold a NUL character")
    assert saying(checkpoint=["a\0b"]).checkpoint == Json('["a\\u0000b"]')


# --- wrong values are left out, with a remark


@pytest.mark.parametrize(
    ("said", "remark"),
    [
        ({"class": 3}, "class 3: it is no string"),
        ({"class": "com.example.Failure"}, f"class com.example.Failure: a job may say {', '.join(NAMEABLE)}"),
        ({"reason": ["a"]}, 'reason ["a"]: it is no string'),
        ({"reason": "?"}, "reason ?: it has no letter from A to Z"),
        (
            {"reason": "x" * 65},
            f"reason {'x' * 60}...: it is longer than 64 characters; sentences belong into message",
        ),
        ({"message": {"text": "x"}}, 'message {"text":"x"}: it is no string'),
        ({"retryAfter": 30}, "retryAfter 30: it is no string"),
        ({"retryAfter": "soon"}, "retryAfter soon: it is no duration of h, m, s and ms, such as 30s"),
        ({"retryAfter": "-1s"}, "retryAfter -1s: it is no duration of h, m, s and ms, such as 30s"),
    ],
)
def test_a_value_that_cannot_be_used_is_left_out(said: dict[str, object], remark: str) -> None:
    assert saying(**said) == TerminationMessage(ignored=(remark,))


@pytest.mark.parametrize(
    "progress",
    [
        800,
        "800/1000",
        {"done": 800},
        {"total": 1000},
        {"done": "800", "total": 1000},
        {"done": 800.0, "total": 1000},
        {"done": True, "total": 1000},
        {"done": -1, "total": 1000},
        {"done": 0, "total": 2**63},
    ],
)
def test_progress_is_two_whole_numbers(progress: object) -> None:
    reported = saying(progress=progress)
    assert reported.progress is None
    assert len(reported.ignored) == 1
    assert 'it must be like {"done": 800, "total": 1000}' in reported.ignored[0]


@pytest.mark.parametrize(("done", "total"), [(0, 1000), (0, 0), (7, 2**63 - 1)])
def test_progress_may_begin_at_nothing_and_be_large(done: int, total: int) -> None:
    assert saying(progress={"done": done, "total": total}).progress == Progress(done=done, total=total)


def test_valid_keys_count_beside_wrong_keys() -> None:
    reported = saying(**{"class": "Wrong", "retryAfter": "soon", "checkpoint": 800, "unheard-of": 1})
    assert reported.checkpoint == Json("800")
    assert [remark.split()[0] for remark in reported.ignored] == ["class", "retryAfter"]


@pytest.mark.parametrize(
    ("message", "remark"),
    [
        pytest.param(
            '{"checkpoint": "abc', "its last line, which looks like JSON and is none, or was cut off", id="end"
        ),
        pytest.param("{'checkpoint': 1}", "its last line, which looks like JSON and is none", id="no JSON quotes"),
        pytest.param('x"}' + "y" * 5000 + '"}', "all of it: a message over 4096 bytes loses its beginning", id="start"),
        pytest.param('tail of a log"}', "", id="a short text that ends in a brace"),
        pytest.param('{\n  "checkpoint": 1\n}\n', "its JSON, which must stand on one line", id="pretty"),
        pytest.param("panic: {\n}", "", id="code"),
    ],
)
def test_json_that_was_cut_off_has_a_remark(message: str, remark: str) -> None:
    reported = read_termination_message(message)
    assert (reported.checkpoint, reported.text) == (None, message.strip())
    assert len(reported.ignored) == (1 if remark else 0)
    assert "".join(reported.ignored).startswith(remark)


def test_an_earlier_line_is_used_if_the_last_line_was_cut_off() -> None:
    reported = read_termination_message('{"checkpoint": 1}\n{"checkpo')
    assert reported.checkpoint == Json("1")
    assert len(reported.ignored) == 1


# --- properties of any message


KEYS = st.sampled_from([*WHOLE, "done", "total", "unheard-of"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["Transient", "30s"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
)


@given(st.binary(max_size=5000))
def test_any_bytes_can_be_read(message: bytes) -> None:
    read_termination_message(message.decode("utf-8", "replace"))
    read_termination_message(message.decode("latin-1"))
    read_termination_message(message.decode("utf-8", "surrogateescape"))


@given(st.dictionaries(KEYS, VALUES), st.integers(0, 300), st.integers(0, 300))
def test_any_json_can_be_read_whole_or_cut(said: dict[str, object], start: int, end: int) -> None:
    line = json.dumps(said)
    for message in (line, line[start:], line[:-end] if end else line):
        reported = read_termination_message(message)
        for words in (reported.message, reported.text, reported.words, *reported.ignored):
            words.encode()  # valid in an Event and in a status


def test_deep_nesting_of_any_kind_can_be_read() -> None:
    for message in ("[" * 5000, '{"a":' * 900 + "1" + "}" * 900, '{"progress":' + deep(1000) + "}"):
        read_termination_message(message)


def test_a_limited_number_of_lines_that_are_no_json_is_tried() -> None:
    ballast = ["{x}"] * 39
    assert read_termination_message("\n".join(['{"reason": "Here"}', *ballast])).reason == "Here"
    assert read_termination_message("\n".join(['{"reason": "Here"}', *ballast, "{x}"])).reason == ""


@pytest.mark.parametrize(("size", "cut"), [(4095, False), (4096, True)])
def test_only_a_message_of_the_maximum_size_may_have_lost_its_beginning(size: int, *, cut: bool) -> None:
    ignored = read_termination_message("x" * (size - 1) + "}").ignored
    assert any("loses its beginning" in remark for remark in ignored) == cut


def test_a_first_line_in_braces_has_lost_nothing_and_is_text_if_no_json() -> None:
    reported = read_termination_message("{so it says}\n" + "x" * 4096 + '\n{"class": "Crash"}')
    assert reported.text.startswith("{so it says}")
    assert reported.failure is not None
