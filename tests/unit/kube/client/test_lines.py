from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.kube.client import lines
from queuedjob.kube.client.lines import LineCutter, LineTooLong

LINES = st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line))


@given(wanted=LINES, cuts=st.lists(st.integers(min_value=0, max_value=400)))
def test_lines_are_the_same_wherever_the_network_cuts_them(wanted: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in wanted)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut <= len(stream))})
    cutter = LineCutter()
    got = [line for start, end in pairwise(edges) for line in cutter.feed(stream[start:end])]
    assert got == wanted


def test_a_line_without_end_is_held_back() -> None:
    cutter = LineCutter()
    assert cutter.feed(b"half") == []
    assert cutter.feed(b" a line\n\n") == [b"half a line"]


def test_a_line_without_end_does_not_use_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_LONGEST", 10)
    cutter = LineCutter()
    cutter.feed(b"12345")
    cutter.feed(b"67890")
    with pytest.raises(LineTooLong):
        cutter.feed(b"1")
