import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.types.plain_text import for_terminal, in_brief, one_word, plain

TABLE: Final = [
    pytest.param("no route to host\n\tat 10.0.0.7", "no route to host\n\tat 10.0.0.7", id="plain text stays"),
    pytest.param("größe €", "größe €", id="letters of other languages"),
    pytest.param("a\0b", "ab", id="a NUL"),
    pytest.param("one\r\ntwo\r\n", "one\ntwo\n", id="line ends of Windows"),
    pytest.param("10 %\r50 %\r99 %\rfailed: no space\n", "failed: no space\n", id="a progress bar"),
    pytest.param("start\n10 %\r50 %\r", "start\n50 %", id="a progress bar that was cut off"),
    pytest.param("\r\r\n", "\n", id="nothing but returns"),
    pytest.param("\x1b[31mred\x1b[0m", "red", id="colours"),
    pytest.param("\x9b31mred", "red", id="the same in one character"),
    pytest.param("\x1b]52;c;cm0gLXJmIC8=\x07hello", "hello", id="the clipboard, ended by BEL"),
    pytest.param("\x1b]0;title\x1b\\hello", "hello", id="the title, ended by ST"),
    pytest.param("\x1b]0;title\nhello", "0;title\nhello", id="a sequence without an end takes no text"),
    pytest.param("\x1b[2J\x1b[Hgone\x1bc", "gone", id="clear the screen"),
    pytest.param("\x1b", "", id="an escape alone"),
    pytest.param("a\x08b\x7fc\x85", "abc", id="backspace, delete, next line"),
]


@pytest.mark.parametrize(("text", "told"), TABLE)
def test_what_acts_on_a_terminal_is_left_out_and_a_line_keeps_its_last_state(text: str, told: str) -> None:
    assert plain(text) == told


def controls(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) == "Cc"}


@given(st.text() | st.text(alphabet="\x1b[]P;0m\x07\\\r\n\x00ab\x9b\x9d"))
def test_plain_text_has_only_line_feeds_and_tabs_and_is_not_changed_again(text: str) -> None:
    told = plain(text)
    assert controls(told) <= {"\n", "\t"}
    assert len(told) <= len(text)
    assert plain(told) == told
    assert told.count("\n") == text.count("\n")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_text_without_control_characters_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@given(st.text() | st.text(alphabet="\x1b[]P;0m\x07\\\r\n\x00ab\x9b\x9d\u202e"))
def test_nothing_in_a_terminals_text_acts_on_it(text: str) -> None:
    told = for_terminal(text)
    assert controls(told) <= {"\n", "\t"}
    assert "\u202e" not in told


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("OOMKilled", "OOMKilled"),
        ("OutOfnvidia.com/gpu", "OutOfnvidia.com/gpu"),
        ("main-ended", "main-ended"),
        ("R" * 128, "R" * 128),
        ("R" * 129, ""),
        ("no space", ""),
        ("Err\n", ""),
        ("\x1b[31mErr", ""),
        ("", ""),
    ],
)
def test_a_reason_is_one_word_or_nothing(text: str, word: str) -> None:
    assert one_word(text) == word
    assert one_word("start", 4) == ""


def test_of_a_long_text_the_start_and_the_end_are_kept() -> None:
    assert in_brief("a" * 50 + "b" * 50, 21) == "aaaaaaaa ... bbbbbbbb"
    assert in_brief("a" * 50, 50) == "a" * 50


@given(st.text(max_size=60), st.integers(5, 60))
def test_a_text_in_brief_has_no_more_characters_than_it_may_have(text: str, longest: int) -> None:
    assert len(in_brief(text, longest)) == min(len(text), longest)
