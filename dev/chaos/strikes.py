"""Causes the faults of a schedule, and repairs what broke, as a supervisor would."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from dev.chaos.faults import Fault, Kind
from dev.chaos.keeper import Keeper
from dev.chaos.proxy import Proxy, Weather
from dev.cluster import ClusterError, LocalCluster

_COMPONENTS: Final = {
    Kind.API_SERVER_KILLED: "kube-apiserver",
    Kind.ETCD_KILLED: "etcd",
    Kind.KUBELET_KILLED: "kubelet",
}
_WEATHER: Final = {
    Kind.DROPPED: Weather.DROPPED,
    Kind.RESET: Weather.RESET,
    Kind.DELAYED: Weather.DELAYED,
    Kind.TRUNCATED: Weather.TRUNCATED,
    Kind.MUTE: Weather.MUTE,
}
_OPERATOR: Final = "operator"
_NETWORK: Final = "network"
_LOOK: Final = 0.5
"""Seconds between checks of what should run."""

Blow: TypeAlias = Callable[[Fault], Awaitable[None]]


class Strikes:
    """One part has one fault at a time; different parts may have faults together."""

    def __init__(self, cluster: LocalCluster, keeper: Keeper, proxy: Proxy, say: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._keeper = keeper
        self._proxy = proxy
        self._say = say
        self._hands = {name: asyncio.Lock() for name in (_OPERATOR, _NETWORK, *_COMPONENTS.values())}
        self._over = False
        self.done: Counter[Kind] = Counter()
        self.ended_by_themselves: Counter[str] = Counter()
        """Components that ended because other components were missing, and were started again."""

    async def follow(self, schedule: Sequence[Fault], length: float) -> None:
        """Cause the faults of `length` seconds and return with everything repaired."""
        async with asyncio.TaskGroup() as tasks:
            for fault in schedule:
                tasks.create_task(self._strike(fault))
            await asyncio.sleep(length)
            self._over = True

    async def supervise(self) -> None:
        """Start again what ended without a fault, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for component in self._cluster.plan.components:
                tasks.create_task(self._look_after(component.name))
            while True:
                if not self._hands[_OPERATOR].locked():
                    self._keeper.look_after()
                await asyncio.sleep(_LOOK)

    async def _look_after(self, name: str) -> None:
        """Supervise one component, each in its own task: its start waits for the API server, which may be down, too."""
        hand = self._hands.setdefault(name, asyncio.Lock())
        while True:
            async with hand:
                if not self._runs(name):
                    self.ended_by_themselves[name] += 1
                    self._say(f"{name} has ended by itself: starting it again")
                    await asyncio.to_thread(self._cluster.start, name)
            await asyncio.sleep(_LOOK)

    async def _strike(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at)
        name, blow = self._blow(fault.kind)
        async with self._hands[name]:
            if self._over:
                return
            self._say(f"{fault.kind}, {fault.seconds:.1f} s")
            self.done[fault.kind] += 1
            await blow(fault)

    def _blow(self, kind: Kind) -> tuple[str, Blow]:
        if kind in _WEATHER:
            return _NETWORK, self._bad_weather
        if kind in _COMPONENTS:
            return _COMPONENTS[kind], self._kill_component
        return _OPERATOR, self._hit_operator

    async def _bad_weather(self, fault: Fault) -> None:
        self._proxy.become(_WEATHER[fault.kind])
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self._proxy.become(Weather.CALM)

    async def _kill_component(self, fault: Fault) -> None:
        name = _COMPONENTS[fault.kind]
        await asyncio.to_thread(self._cluster.kill, name)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(self._cluster.start, name)

    async def _hit_operator(self, fault: Fault) -> None:
        if fault.kind is Kind.OPERATOR_FROZEN:
            await self._keeper.freeze(fault.seconds)
            return
        self._keeper.look_after()
        await (self._keeper.kill() if fault.kind is Kind.OPERATOR_KILLED else self._keeper.terminate())
        await asyncio.sleep(fault.seconds)
        self._keeper.start()

    def _runs(self, name: str) -> bool:
        try:
            self._cluster.pid(name)
        except ClusterError:
            return False
        return True
