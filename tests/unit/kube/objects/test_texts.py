"""Texts of other clients: each reader, with what it takes and what counts as absent."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.canonical import ALGORITHM, digest
from queuedjob.api.types.plain_text import LONGEST_WORD
from queuedjob.kube.objects.texts import hash_in, label_in, last_words_in, name_in, uid_in, word_in, words_in

UUID = "0b4f7c1e-5a2d-4e0b-9a51-3f0f6d1c2b7a"


@pytest.mark.parametrize(
    ("read", "text", "taken"),
    [
        (name_in, f"{'d' * 253}/{'n' * 63}", True),
        (name_in, "n" * 318, False),
        (name_in, "two\nlines", False),
        (word_in, "OOMKilled", True),
        (word_in, "OutOfephemeral-storage", True),
        (word_in, "OutOfnvidia.com/gpu", True),
        (word_in, "R" * LONGEST_WORD, True),
        (word_in, "R" * (LONGEST_WORD + 1), False),
        (word_in, "two words", False),
        (word_in, "Killed\x1b[31m", False),
        (word_in, "Killed\n", False),
        (word_in, "7", False),
        (label_in, "main-2", True),
        (label_in, "m" * 63, True),
        (label_in, "m" * 64, False),
        (label_in, "Main", False),
        (label_in, "main-", False),
        (uid_in, UUID, True),
        (uid_in, "u" * 64, True),
        (uid_in, "u" * 65, False),
        (uid_in, "u/1", False),
        (hash_in, digest({"a": 1}), True),
        (hash_in, "v2-0123456789abcdef", True),
        (hash_in, f"{ALGORITHM}xyz", False),
        (hash_in, ALGORITHM + "0" * 65, False),
    ],
)
def test_a_text_of_the_right_form_is_taken_and_another_counts_as_absent(
    read: Callable[[object, str], str],
    text: str,
    taken: bool,  # noqa: FBT001 - a column
) -> None:
    assert read({"key": text}, "key") == (text if taken else "")


def test_words_are_kept_from_the_start_and_what_a_container_said_last_from_the_end() -> None:
    body = {"key": "a" * 5_000 + "b" * 5_000}
    assert words_in(body, "key") == "a" * 4096
    assert words_in(body, "key", 10) == "a" * 10
    assert last_words_in(body, "key") == "b" * 4096


READERS = (name_in, word_in, words_in, last_words_in, label_in, uid_in, hash_in)


@given(st.none() | st.integers() | st.text() | st.lists(st.text()) | st.dictionaries(st.just("key"), st.text()))
def test_any_body_is_read_as_a_short_text_without_control_characters(body: Any) -> None:  # noqa: ANN401 - any JSON
    for read in READERS:
        for odd in (body, {"key": body}):
            text = read(odd, "key")
            assert isinstance(text, str)
            assert "\x1b" not in text
            assert len(text) <= 4096
