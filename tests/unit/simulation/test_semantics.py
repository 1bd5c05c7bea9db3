"""Runs every case for the real API server (tests/api/test_semantics.py) against the simulated one alone."""

import pytest

from tests.api.semantics import CASES, Case
from tests.api.semantics.simulated import told_by_simulated
from tests.virtual_loop import VirtualClock


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_the_simulated_server(case: Case) -> None:
    assert await told_by_simulated(case, VirtualClock())
