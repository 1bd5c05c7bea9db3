"""The owners of all jobs: they keep a steady number of jobs unfinished, whatever breaks."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dev.chaos.api import Api
from dev.chaos.case import Case
from dev.chaos.load import WAITING, Kind
from dev.chaos.scenarios import run_scenario

AT_ONCE: Final = 12
"""Unfinished jobs at the same time: this many keep a node of two cores busy, more would overload it."""

_PACE: Final = 1.0
"""The minimum of seconds between two jobs: jobs that end at once must not fill the node."""


class Owners:
    """Creates jobs of `kinds`, one after the other, until `no_more`."""

    def __init__(self, api: Api, kinds: Iterator[Kind], folder: Path) -> None:
        self._api = api
        self._kinds = kinds
        self._folder = folder
        self._room = asyncio.Semaphore(AT_ONCE)
        self._scenarios: dict[asyncio.Task[None], Case] = {}
        self._over = asyncio.Event()
        self.cases: list[Case] = []

    async def go_on(self) -> None:
        """Create jobs and return after `no_more`; some scenarios still run then."""
        for kind in WAITING:
            self._begin(kind)
        while not self._over.is_set():
            await self._room.acquire()
            if self._over.is_set():  # while there was no room
                return
            self._begin(next(self._kinds)).add_done_callback(lambda _: self._room.release())
            try:
                await asyncio.wait_for(self._over.wait(), _PACE)
            except TimeoutError:
                continue

    def no_more(self) -> None:
        """Create no job from now on."""
        self._over.set()

    async def finish(self, within: float) -> None:
        """Return when every scenario has ended. Raises TimeoutError."""
        until = time.monotonic() + within
        await asyncio.wait(self._scenarios, timeout=max(0.0, until - time.monotonic()))
        for task in self._scenarios:
            if task.done():
                task.result()
        if waiting := self.under_way:
            raise TimeoutError(f"{len(waiting)} jobs have not come to their end in {within:.0f} s without faults")

    @property
    def under_way(self) -> list[Case]:
        return [case for task, case in self._scenarios.items() if not task.done()]

    def leave(self) -> None:
        """Cancel all scenarios."""
        for task in self._scenarios:
            task.cancel()

    def _begin(self, kind: Kind) -> asyncio.Task[None]:
        case = Case(self._api, kind, f"{kind.name}-{len(self.cases)}", self._folder)
        self.cases.append(case)
        task = asyncio.create_task(run_scenario(case))
        self._scenarios[task] = case
        return task
