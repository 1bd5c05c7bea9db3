"""The time from the request for a job to its pod, one job after the other."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from dev.bench.arena import Arena
from dev.bench.contenders import BARE, OPERATOR
from dev.bench.figures import percentile

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from sending the POST of a job until a watch of pods shows its pod."""

    samples: int
    p50: float
    p99: float
    longest: float


async def measure(arena: Arena, samples: int) -> Latency:
    """Measure one job after the other, each after the release of the earlier pod, and remove them.

    The operator must run, past its late bound.
    """
    found = await sample(arena, samples)
    await arena.clean()
    return found


async def sample(arena: Arena, samples: int, *, pause: float = 0.0) -> Latency:
    """Measure as `measure` does, with `pause` seconds before each job, and leave the jobs in place."""
    seen = []
    async with arena.api.watch(BARE.collection()) as events:
        for index in range(samples):
            await asyncio.sleep(pause)
            began = time.monotonic()
            await arena.api.create(OPERATOR.collection(), OPERATOR.body(f"job-{index:05}"))
            async with asyncio.timeout(_PATIENCE):
                seen.append(1000 * (await _appears(events) - began))
                await _released(events)
    return Latency(samples, percentile(seen, 0.5), percentile(seen, 0.99), max(seen))


async def _appears(events: AsyncIterator[tuple[str, dict[str, Any]]]) -> float:
    async for event, _ in events:
        if event == "ADDED":
            return time.monotonic()
    raise RuntimeError("the watch of pods ended")


async def _released(events: AsyncIterator[tuple[str, dict[str, Any]]]) -> None:
    async for event, metadata in events:
        if event == "MODIFIED" and not metadata.get("finalizers"):
            return
    raise RuntimeError("the watch of pods ended")
