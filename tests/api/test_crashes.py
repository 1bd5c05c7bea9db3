"""The operator dies at every write of a story, in three ways, and the story ends as if it had not."""

from collections.abc import Callable

import pytest

from tests.api.stage.faults import DEATHS
from tests.api.stage.telling import tell_with_faults
from tests.api.stage.theatre import Theatre
from tests.api.stories import STORIES


@pytest.mark.parametrize("name", STORIES)
async def test_a_story_ends_the_same_wherever_the_operator_dies(
    theatre: Theatre, name: str, record_property: Callable[[str, object], None]
) -> None:
    tally = await tell_with_faults(theatre, STORIES[name], DEATHS)
    record_property("points", (name, tally.points, [str(write) for write in tally.telling.writes]))
    assert not tally.failures, f"{len(tally.failures)} of {tally.points}\n" + "\n\n".join(tally.failures[:3])
