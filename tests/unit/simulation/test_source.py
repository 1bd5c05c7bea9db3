"""The simulated kopf: events of one object are in order, events of several objects are in any order, and missed events
are not reported."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.decoding import Cut
from queuedjob.kube.objects.patches import add
from queuedjob.ports import Body, Request
from tests.api.manifests import a_job
from tests.api.semantics.api import named
from tests.simulation.apiserver import raw_json
from tests.simulation.apiserver.chooser import Chooser
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.source import SimulatedSource
from tests.simulation.apiserver.transport import SimulatedTransport
from tests.virtual_loop import SteadyRandom, VirtualClock, advance

T = TypeVar("T")

PATH: Final = paths.jobs("default")
JOBS: Final = ("a", "b", "c", "d")
A_WHILE: Final = 600.0


class Drawing:
    """A chooser whose choices look random."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._picks = 0

    def pick(self, _what: str, options: Sequence[T]) -> T:
        self._picks += 1
        drawn = hashlib.sha256(f"{self._seed}/{self._picks}".encode()).digest()
        return options[int.from_bytes(drawn[:4]) % len(options)]


class Harmless:
    """A chooser that always takes the first option."""

    def pick(self, _what: str, options: Sequence[T]) -> T:
        return options[0]


class Scene:
    def __init__(self, chooser: Chooser, *, sketched: bool = False) -> None:
        clock = VirtualClock()
        self.server = ApiServer(clock.wall)
        self.way = SimulatedTransport(self.server, clock)
        self.client = Client(SimulatedTransport(self.server, clock))
        self.seen: list[tuple[str | None, str, int]] = []
        self.bodies: list[Body] = []
        self.relisted: list[str] = []
        self._source = SimulatedSource(
            self.way,
            clock,
            SteadyRandom(),
            chooser,
            namespaces=("default",),
            on_relist=self.relisted.append,
            sketched=sketched,
        )

    @asynccontextmanager
    async def on(self) -> AsyncIterator["Scene"]:
        watching = asyncio.create_task(self._source.run(self._take))
        await advance(1.0)
        try:
            yield self
        finally:
            watching.cancel()

    def _take(self, _plural: str, event: str | None, body: Body) -> None:
        metadata = body["metadata"]
        self.bodies.append(body)
        self.seen.append((event, metadata["name"], int(metadata["resourceVersion"])))


async def _seen(seed: int) -> list[tuple[str | None, str, int]]:
    async with Scene(Drawing(seed)).on() as scene:
        for name in JOBS:
            await scene.client.create(PATH, named(a_job(), name))
        for queue in ("x", "y"):
            for name in JOBS:
                await scene.client.patch_json(f"{PATH}/{name}", [add("/spec/queue", queue)])
        await advance(A_WHILE)
    return scene.seen


async def test_events_of_one_object_come_in_order_and_all_of_them() -> None:
    seen = await _seen(1)
    for name in JOBS:
        versions = [version for _, whose, version in seen if whose == name]
        assert len(versions) == 3
        assert versions == sorted(versions)


async def test_events_of_different_objects_come_in_any_order() -> None:
    orders = {tuple(name for _, name, _ in await _seen(seed)) for seed in range(10)}
    assert len(orders) > 1


async def test_equal_choices_give_equal_histories() -> None:
    assert await _seen(3) == await _seen(3)


async def test_a_deletion_that_was_missed_is_not_told_but_the_listing_that_follows_is() -> None:
    async with Scene(Harmless()).on() as scene:
        for name in ("kept", "lost"):
            await scene.client.create(PATH, named(a_job(), name))
        await advance(1.0)
        scene.seen.clear()
        scene.way.cut()  # the next two lines run before the watches come back
        scene.server.handle(Request("DELETE", f"{PATH}/lost"))
        scene.server.storage.forget()
        await advance(A_WHILE)
    assert [(event, name) for event, name, _ in scene.seen] == [(None, "kept")]
    assert "queuedjobs" in scene.relisted


async def test_objects_that_pass_through_sketches_come_whole_and_deep_ones_hide_none() -> None:
    scene = Scene(Harmless(), sketched=True)
    scene.server.has_raw_values = True
    deep = {"managedFields": [{"manager": "m", "fieldsType": "FieldsV1", "fieldsV1": raw_json.objects(9_000)}]}
    listed, watched = named(a_job(), "listed"), named(a_job(), "watched")
    await scene.client.create(PATH, {**listed, "metadata": {**listed["metadata"], **deep}})
    async with scene.on():
        await scene.client.create(PATH, {**watched, "metadata": {**watched["metadata"], **deep}})
        await scene.client.create(PATH, named(a_job(), "usual"))
        await advance(A_WHILE)
    assert [(event, name) for event, name, _ in scene.seen] == [
        (None, "listed"),
        ("ADDED", "watched"),
        ("ADDED", "usual"),
    ]
    assert not any(isinstance(body, Cut) for body in scene.bodies), "nothing but managedFields is left out"
    assert all(body["spec"]["template"] for body in scene.bodies)
