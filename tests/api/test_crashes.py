"""The operator dies at every write of a scenario, in four ways, and the scenario ends as if it had not died.

The points come from a run without faults, never from a list. Their number is printed after the test run.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import pytest

from tests.api.env.api_server import ApiServerEnv
from tests.api.env.faults import DEATHS, LOSSES, Fault
from tests.api.env.run_scenario import Tally, run_with_faults
from tests.api.scenarios import SCENARIOS, THROUGH_KOPF

Record: TypeAlias = Callable[[str, object], None]

WITH_EVERY_WRITE: Final = ("run again after a fix", "suspended and resumed", "a short history", "deleted by its ttl")
"""Scenarios that contain every kind of write: the reaction of an operator that stays alive depends on nothing else."""


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_story_ends_the_same_wherever_the_operator_dies(
    api_server_env: ApiServerEnv, name: str, record_property: Record
) -> None:
    ends_the_same(
        f"{name}, with deaths", await run_with_faults(api_server_env, SCENARIOS[name], DEATHS), record_property
    )


@pytest.mark.parametrize("name", WITH_EVERY_WRITE)
async def test_a_story_ends_the_same_whichever_write_goes_astray(
    api_server_env: ApiServerEnv, name: str, record_property: Record
) -> None:
    ends_the_same(
        f"{name}, with losses", await run_with_faults(api_server_env, SCENARIOS[name], LOSSES), record_property
    )


async def test_a_story_seen_through_kopf_ends_the_same_wherever_the_operator_dies(
    api_server_env: ApiServerEnv, record_property: Record
) -> None:
    # One at a time: at its end, kopf treats all younger tasks of kopf as its own, which is right in a separate process.
    tally = await run_with_faults(api_server_env, THROUGH_KOPF, [Fault.DIES_UNANSWERED], side_by_side=1)
    ends_the_same("run again after a fix, through kopf", tally, record_property)


def ends_the_same(scenario: str, tally: Tally, record: Record) -> None:
    record("points", (scenario, tally.points - tally.unreached, [str(write) for write in tally.run.writes]))
    assert not tally.failures, f"{len(tally.failures)} of {tally.points}\n" + "\n\n".join(tally.failures[:3])
    of_one_write = tally.points // len(tally.run.writes)
    assert tally.unreached <= of_one_write, f"{tally.unreached} of {tally.points} faults never struck"
