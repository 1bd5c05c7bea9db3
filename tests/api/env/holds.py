"""Holds in an operator's ports: a test makes reads, writes or watch lines wait until it opens the hold."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from queuedjob.ports import Request

_PATIENCE: Final = 60.0
"""Seconds to wait for the first request at a hold."""

Matches: TypeAlias = Callable[[Request], bool]


@dataclass(eq=False, slots=True)
class Hold:
    """One hold. `reached` is set when a request or a line waits at it."""

    matches: Matches
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        """Let everything through from now on."""
        self.opened.set()

    async def has_been_reached(self) -> None:
        """Wait until a request or a line waits at this hold."""
        async with asyncio.timeout(_PATIENCE):
            await self.reached.wait()

    async def wait(self, request: Request) -> None:
        if self.matches(request) and not self.opened.is_set():
            self.reached.set()
            await self.opened.wait()


@dataclass(slots=True)
class Holds:
    """All holds of one operator."""

    reads: list[Hold] = field(default_factory=list)
    writes: list[Hold] = field(default_factory=list)
    lines: list[Hold] = field(default_factory=list)

    @contextmanager
    def of_lines(self, plural: str) -> Iterator[Hold]:
        """Hold back the lines of the watch of `plural`: the store becomes stale."""
        hold = Hold(lambda request: request.path.endswith(f"/{plural}"))
        self.lines.append(hold)
        try:
            yield hold
        finally:
            hold.open()

    def at_writes(self, matches: Matches) -> Hold:
        """Hold writes back before they are sent."""
        self.writes.append(hold := Hold(matches))
        return hold

    def at_reads(self, matches: Matches) -> Hold:
        """Hold reads back before they are sent."""
        self.reads.append(hold := Hold(matches))
        return hold

    async def before_read(self, request: Request) -> None:
        for hold in self.reads:
            await hold.wait(request)

    async def before_write(self, request: Request) -> None:
        for hold in self.writes:
            await hold.wait(request)

    async def before_line(self, request: Request) -> None:
        for hold in self.lines:
            await hold.wait(request)
