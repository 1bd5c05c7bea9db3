import sys
from dataclasses import fields

import pytest

from dev.bench.__main__ import main
from dev.bench.sizes import Sizes


def test_the_help_says_of_every_size_what_it_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/performance.md sends readers there."""
    monkeypatch.setattr(sys, "argv", ["bench", "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main()
    words = capsys.readouterr().out
    assert "--hanging N           jobs of another namespace whose pods hang in admission (default: 100)" in words
    assert all(size.metadata["help"] for size in fields(Sizes))
