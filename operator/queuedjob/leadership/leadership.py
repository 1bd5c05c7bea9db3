"""Stand for the Lease, renew it while it is held, and end the work of a term with the term.

The decisions are in `policy/leadership`. Nothing here compares clocks, and no time that the Lease names is read but the
duration. The loop that renews and the one that leads are apart: a renewal that hangs delays no end of a term.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, TypeAlias

import structlog

from queuedjob.kube.client.errors import ApiError
from queuedjob.leadership.lease import Lease
from queuedjob.policy.leadership.election import Create, Election, Read, Renew, Take, Term, Wait, Write
from queuedjob.ports import Clock, NoAnswer, Random

log: Final = structlog.get_logger("queuedjob.leadership")

_LOOK: Final = 1.0
"""Seconds between two reads of a Lease that another operator holds."""

_AGAIN: Final = 0.5
"""Seconds after a request of a leader that failed, give or take the half. Others have more time: _LOOK."""

_DRAWN: Final = 16**8
"""How many numbers are drawn from: a process of the same name, on another machine, has other terms."""

_OF_THE_NAME: Final = 40
"""Characters of the process' name in the identity of a term: it is a label, which has 63 at most."""

Lead: TypeAlias = Callable[["HeldTerm"], Coroutine[None, None, None]]
"""Works for one term. It is cancelled when the term is over."""


class HeldTerm:
    """A term of this process, as its work sees it."""

    def __init__(self, term: Term, left: Callable[[], float], lose: Callable[[], None]) -> None:
        self.term: Final = term
        """As it was when it began."""
        self.left = left
        """Returns the seconds in which every write must have ended; 0 or less once the term is over."""
        self.lose = lose
        """Ends the term: the API server has refused a write, for another operator leads."""


class Leadership:
    """Holds the Lease for term after term. `instance`: the name of this process, in the identities of its terms."""

    def __init__(self, lease: Lease, clock: Clock, random: Random, *, duration: float, instance: str) -> None:
        self._lease = lease
        self._clock = clock
        self._random = random
        self._instance = instance
        self._election = Election(duration=duration)
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()
        self._stopped = False
        self._named = 0

    @property
    def leads(self) -> bool:
        """Whether this process holds the Lease."""
        return self._election.term_at(self._clock.monotonic()) is not None

    async def run(self, lead: Lead) -> None:
        """Stand for the Lease, and lead whenever it is held, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stand())
            while True:
                await self._lead_next(lead)

    def stop(self) -> None:
        """Stand no more. A Lease that is held is not given up: another operator waits for the end of the term."""
        self._stopped = True

    async def release(self, late_for: float) -> None:
        """Give the Lease up: the work is drained. `late_for`: seconds for which its requests may still arrive.

        If that fails, another operator waits for the end of the term.
        """
        self.stop()
        async with self._writing:
            now = self._clock.monotonic()
            if self._election.term_at(now) is None or not self._election.known:
                return
            try:
                record = await self._lease.write(self._election.to_release(late_for, now))
            except (ApiError, NoAnswer) as error:
                log.warning("lease not released", error=str(error))
                return
            if record is not None:
                self._set(self._election.released(record, self._clock.monotonic()))
                log.info("lease released", late_for=round(late_for, 3))

    # --- holding the Lease

    async def _stand(self) -> None:
        while not self._stopped:
            now = self._clock.monotonic()
            match self._election.next_move(now):
                case Wait(until):
                    await self._wait(until - now)
                case Read():
                    await self._read()
                case Create() | Take() | Renew() as write:
                    async with self._writing:
                        if not self._stopped:
                            await self._write(write)

    async def _wait(self, seconds: float) -> None:
        if self.leads:
            await self._clock.sleep(seconds)
            return
        await self._clock.sleep(min(seconds, _LOOK))
        await self._read()

    async def _read(self) -> None:
        try:
            record = await self._lease.read()
        except (ApiError, NoAnswer) as error:
            await self._failed("read", error)
        else:
            self._set(self._election.saw(record, self._clock.monotonic()))

    async def _write(self, move: Write) -> None:
        sent = self._clock.monotonic()
        term = self._election.term
        identity = term.identity if isinstance(move, Renew) and term is not None else self._new_identity()
        wanted = self._election.to_write(move, identity, sent)
        try:
            record = await self._lease.write(wanted, create=isinstance(move, Create))
        except (ApiError, NoAnswer) as error:
            self._set(self._election.failed())
            await self._failed(type(move).__name__.lower(), error)
            return
        if record is None:
            self._set(self._election.failed())
            await self._failed(type(move).__name__.lower(), "it changed nothing: this machine's clock stands still")
        else:
            self._set(self._election.wrote(move, record, sent, self._clock.monotonic()))

    async def _failed(self, doing: str, error: object) -> None:
        log.warning("lease not served", doing=doing, leads=self.leads, error=str(error))
        await self._clock.sleep((_AGAIN if self.leads else _LOOK) * (1 + 0.5 * self._random.spread()))

    def _new_identity(self) -> str:
        self._named += 1
        name = self._instance[:_OF_THE_NAME].rstrip("-._")
        return f"{name}_{self._named}_{int((self._random.spread() + 1) / 2 * (_DRAWN - 1)):08x}"

    def _set(self, election: Election) -> None:
        self._election = election
        self._changed.set()

    # --- leading

    async def _lead_next(self, lead: Lead) -> None:
        term = await self._begun()
        await self._clock.sleep(max(0.0, term.quiet_until - self._clock.monotonic()))
        held = HeldTerm(term, lambda: self._left(term), lambda: self._lose(term))
        if held.left() <= 0:
            return
        log.info("term begun", identity=term.identity, continued=term.continued)
        work = asyncio.create_task(lead(held), name="work of a term")
        over = asyncio.create_task(self._over(term), name="end of a term")
        try:
            await asyncio.wait({work, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, over):
                task.cancel()
            await asyncio.wait({work, over})
        log.warning("term over", identity=term.identity)
        if not work.cancelled() and (error := work.exception()) is not None:
            raise error

    async def _begun(self) -> Term:
        """Return the term that this process holds, once it holds one."""
        while (term := self._election.term_at(self._clock.monotonic())) is None:
            self._changed.clear()
            await self._changed.wait()
        return term

    async def _over(self, term: Term) -> None:
        """Return when a term is over: its time has passed, or another operator is seen to hold the Lease."""
        while (left := self._left(term)) > 0:
            self._changed.clear()
            waits = {asyncio.create_task(self._changed.wait()), asyncio.create_task(self._clock.sleep(left))}
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
                await asyncio.gather(*waits, return_exceptions=True)

    def _left(self, term: Term) -> float:
        now = self._clock.monotonic()
        held = self._election.term_at(now)
        return held.ends - now if held is not None and held.identity == term.identity else 0.0

    def _lose(self, term: Term) -> None:
        if self._left(term) > 0:
            log.warning("term lost", identity=term.identity, reason="the API server refused a write of it")
            self._set(self._election.lost())
