import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dev.chaos.api import Api, RefusedError
from dev.cluster.local.credentials import kubeconfig
from tests.unit.kube.client.https_server import Asked, HttpsServer, https_server, say

JOB = b'{"metadata": {"name": "j", "uid": "1"}}'
NO_JOB = b'{"kind": "Status", "reason": "NotFound", "details": {"name": "j", "kind": "queuedjobs"}}'
NOT_SERVED = b"404 page not found\n"
PATH = "/apis/queuedjob.dev/v1alpha1/namespaces/chaos/queuedjobs"

Answer = tuple[int, bytes]


@asynccontextmanager
async def api(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[int, str], Answer]
) -> AsyncIterator[tuple[Api, HttpsServer]]:
    """Yield a client of a server that answers request number 0, 1, ... with `answer`; status 0: it hangs up."""
    monkeypatch.setattr("dev.chaos.api._PAUSE", 0.0)

    async def behave(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        status, body = answer(len(server.asked) - 1, asked.method)
        return await say(writer, body, status) if status else False

    async with https_server(folder, behave) as server:
        path = folder / "kubeconfig"
        path.write_text(kubeconfig("c", f"https://127.0.0.1:{server.port}", server.ca_file.read_text(), "secret"))
        async with Api(path) as client:
            yield client, server


async def test_an_owner_asks_until_the_server_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    troubles = [(0, b""), (503, b""), (429, b""), (500, b""), (200, JOB)]
    async with api(tmp_path, monkeypatch, lambda number, _: troubles[number]) as (client, server):
        assert await client.get(f"{PATH}/j") == json.loads(JOB)
    assert len(server.asked) == len(troubles)


async def test_a_kind_that_is_not_served_yet_is_no_job_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api(tmp_path, monkeypatch, lambda n, _: (404, NOT_SERVED if n == 0 else NO_JOB)) as (client, server):
        assert await client.get(f"{PATH}/j") is None
        assert len(server.asked) == 2


async def test_a_job_whose_creation_had_no_answer_is_created_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [(0, b""), (409, b"{}"), (200, JOB)]
    async with api(tmp_path, monkeypatch, lambda number, _: answers[number]) as (client, server):
        assert (await client.create(PATH, json.loads(JOB)))["metadata"]["uid"] == "1"
    assert [asked.method for asked in server.asked] == ["POST", "POST", "GET"]


async def test_a_refusal_of_the_server_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with api(tmp_path, monkeypatch, lambda *_: (422, b"spec is frozen")) as (client, _):
        with pytest.raises(RefusedError, match=r"PATCH .*: 422 spec is frozen"):
            await client.patch(f"{PATH}/j", {"spec": {}})


async def test_a_collection_comes_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [b'{"items": [{"a": 1}], "metadata": {"continue": "x"}}', b'{"items": [{"a": 2}], "metadata": {}}']
    async with api(tmp_path, monkeypatch, lambda number, _: (200, pages[number])) as (client, server):
        assert await client.list(PATH) == [{"a": 1}, {"a": 2}]
    assert "continue=x" in server.asked[1].target
