"""Values that the simulated API server cannot hold as Python objects come to the operator as bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import orjson
import pytest

from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.decoding import Cut, read_event
from queuedjob.kube.client.paging import LARGEST_PAGE
from queuedjob.ports import AnswerTooLarge, Body, Request
from tests.simulation.apiserver import raw_json
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.transport import SimulatedTransport
from tests.virtual_loop import VirtualClock, advance

PATH: Final = paths.pods("default")
DEEP: Final = raw_json.objects(9_000)


@pytest.mark.parametrize(
    ("stand_in", "raw"),
    [
        (raw_json.objects(2), b'{"f:a":{"f:a":{}}}'),
        (raw_json.lists(3), b"[[[]]]"),
        (raw_json.wide(4), b'{"f:xxxx":{}}'),
        (raw_json.number("20000000000000000000"), b"20000000000000000000"),
        (raw_json.NO_UTF8, b'{"f:\xff":{}}'),
    ],
)
def test_a_stand_in_is_replaced_by_its_value(stand_in: str, raw: bytes) -> None:
    assert raw_json.filled(orjson.dumps({"a": [stand_in, "b"]})) == b'{"a":[%b,"b"]}' % raw


@pytest.mark.parametrize("depth", raw_json.DEPTHS)
def test_what_python_cannot_decode_is_taken_out_again(depth: int) -> None:
    body = orjson.dumps({"a": raw_json.objects(depth), "b": [raw_json.lists(depth), raw_json.NO_UTF8]})
    assert raw_json.emptied(raw_json.filled(body)) == body


def test_a_number_means_what_a_client_reads() -> None:
    assert raw_json.meaning({"wei": raw_json.number("1e+21")}) == {"wei": 1e21}


def pod(name: str, fields: str) -> Body:
    metadata = {"name": name, "managedFields": [{"manager": "m", "fieldsType": "FieldsV1", "fieldsV1": fields}]}
    return {"metadata": metadata, "spec": {"containers": [{"name": "main", "image": "x"}]}}


class Scene:
    def __init__(self) -> None:
        clock = VirtualClock()
        self.server = ApiServer(clock.wall)
        self.server.has_raw_values = True
        self.way = SimulatedTransport(self.server, clock)
        self.client = Client(self.way)

    def create(self, body: Body) -> bytes:
        """Create a pod as another client, and return the answer."""
        return self.server.handle(Request("POST", PATH, body=orjson.dumps(body))).body

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[list[bytes]]:
        lines: list[bytes] = []

        async def watch() -> None:
            query = {"watch": "1", "resourceVersion": str(self.server.storage.revision)}
            async with self.way.stream(Request("GET", PATH, query=query)) as stream:
                async for line in stream.lines:
                    lines.append(line)  # noqa: PERF401 - the lines so far are read while the watch is open

        watching = asyncio.create_task(watch())
        await advance(1.0)
        yield lines
        await advance(1.0)
        watching.cancel()


async def test_lists_watches_and_reads_bring_real_bytes_to_the_real_decoder() -> None:
    scene = Scene()
    async with scene.watched() as lines:
        assert DEEP.encode() in scene.create(pod("deep", DEEP)), "other clients read the stand-in"
        scene.create(pod("raw", raw_json.NO_UTF8))
        scene.create(pod("usual", "x"))
    assert [len(line) > 9_000 for line in lines] == [True, False, False]
    seen = [(await read_event(line)).object for line in lines]
    listed = [item async for page in scene.client.list_pages(PATH) for item in page.items]
    got = [await scene.client.get(f"{PATH}/{name}") for name in ("deep", "raw", "usual")]
    for bodies in (seen, listed, got):
        assert [body["metadata"]["name"] for body in bodies] == ["deep", "raw", "usual"]
        assert not any(isinstance(body, Cut) for body in bodies), "nothing but managedFields is left out"
    whole = [item async for page in scene.client.list_pages(PATH, managed_fields=True) for item in page.items]
    assert [isinstance(body, Cut) for body in whole] == [True, False, False]
    assert [body["metadata"]["managedFields"][0]["fieldsV1"] for body in whole[1:]] == [{"f:\ufffd": {}}, "x"]


async def test_without_odd_objects_bytes_stay_as_they_are() -> None:
    scene = Scene()
    scene.server.has_raw_values = False
    scene.create(pod("a", DEEP))
    ((item,),) = [page.items async for page in scene.client.list_pages(PATH, managed_fields=True)]
    assert item["metadata"]["managedFields"][0]["fieldsV1"] == DEEP


async def test_a_page_that_is_larger_than_asked_for_is_not_read() -> None:
    scene = Scene()
    for number in range(3):
        scene.create(pod(f"large-{number}", raw_json.wide(6_000_000)))
    with pytest.raises(AnswerTooLarge):
        await scene.way.send(Request("GET", PATH, query={"limit": "500"}, largest=LARGEST_PAGE))
    assert len([item async for page in scene.client.list_pages(PATH) for item in page.items]) == 3
