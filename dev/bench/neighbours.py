"""What the hostile objects of one tenant cost the other tenants of the same operator."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from dev.bench import hanging, largest, patterns
from dev.bench.arena import Arena
from dev.bench.hanging import Hanging
from dev.bench.largest import Start
from dev.bench.patterns import Answers
from dev.bench.sizes import Sizes


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The figures of this part; what is not measured yet is None or empty."""

    hanging: Hanging | None = None
    answers: Sequence[Answers] = ()
    """The answers beside jobs without patterns are the first."""

    starts: Sequence[Start] = ()
    """The start without jobs is the first."""


async def measure(arena: Arena, sizes: Sizes, say: Callable[[str], None]) -> AsyncIterator[Neighbours]:
    """Measure one after the other, and yield all figures so far after each; `say` is told what begins.

    The operator must run, past its late bound. It does not run at the end.
    """
    say(f"{sizes.hanging} jobs behind a webhook that hangs")
    found = Neighbours(await hanging.measure(arena, sizes.hanging))
    yield found
    say(f"{sizes.patterned} jobs with the worst patterns")
    found = replace(found, answers=await patterns.measure(arena, sizes.patterned))
    yield found
    say(f"{sizes.largest} jobs of the largest size")
    yield replace(found, starts=await largest.measure(arena, sizes.largest))
