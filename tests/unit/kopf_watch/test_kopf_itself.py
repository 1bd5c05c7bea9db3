"""Run the real kopf against a minimal fake API server that also misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson

from queuedjob.kopf_watch import KopfWatch
from queuedjob.kube.client.connection import Connection
from queuedjob.kube.client.credentials import from_kubeconfig
from queuedjob.ports import Body
from queuedjob.runtime.clock import RealClock
from tests.unit.kube.client.https_server import Asked, HttpsServer, chunk, https_server, say, start_chunked
from tests.until import until


class HastyClock(RealClock):
    """Shortens each pause to 0.01 s."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.01))


def job(name: str, **metadata: object) -> Body:
    return {"metadata": {"name": name, "namespace": "n", "uid": name, "resourceVersion": "7", **metadata}}


def group(name: str, version: str) -> Body:
    served = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [served], "preferredVersion": served}


def resource(plural: str) -> Body:
    singular = plural.removesuffix("s")
    verbs = ["list", "watch"]
    return {"name": plural, "kind": singular, "singularName": singular, "namespaced": True, "verbs": verbs}


class ApiServer:
    """Serves discovery, and a list and a watch of both kinds."""

    def __init__(self) -> None:
        self.jobs = [orjson.dumps(job("a", finalizers=["kopf.zalando.org/KopfFinalizerMarker"]))]
        self.pages: list[int] = []
        self.events: dict[str, list[bytes]] = {"queuedjobs": [], "deadletters": []}
        self.refuse = 0
        self.slow = ""
        self.news = asyncio.Event()
        self.open = {"queuedjobs": 0, "deadletters": 0}

    def send(self, plural: str, kind: str, body: Body | bytes) -> None:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        self.events[plural].append(b'{"type":"%b","object":%b}' % (kind.encode(), raw))
        self.news.set()
        self.news = asyncio.Event()

    async def serve(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if self.refuse:
            self.refuse -= 1
            return await say(writer, b"{}", 401)
        split = urlsplit(asked.target)
        query = parse_qs(split.query)
        plural = split.path.rsplit("/", 1)[-1]
        if "watch" in query and plural == self.slow:
            await asyncio.Event().wait()
        if "watch" in query:
            return await self._watch(plural, writer)
        page = self._page(query) if plural == "queuedjobs" else orjson.dumps(self._answer(split.path))
        return await say(writer, page, Content_Type="application/json")

    def _answer(self, path: str) -> Body:
        match path:
            case "/api":
                return {"versions": ["v1"]}
            case "/api/v1":
                return {"resources": [resource("namespaces")]}
            case "/apis":
                return {"groups": [group("queuedjob.dev", "v1alpha1"), group("apiextensions.k8s.io", "v1")]}
            case "/apis/apiextensions.k8s.io/v1":
                return {"resources": [resource("customresourcedefinitions")]}
            case "/apis/queuedjob.dev/v1alpha1":
                return {"resources": [resource("queuedjobs"), resource("deadletters")]}
            case _:
                return {"metadata": {"resourceVersion": "7"}, "items": []}

    def _page(self, query: dict[str, list[str]]) -> bytes:
        """A page of jobs, each as the bytes of `self.jobs`."""
        limit, at = int(query["limit"][0]), int(query.get("continue", ["0"])[0])
        token = str(at + limit) if at + limit < len(self.jobs) else ""
        items = b",".join(self.jobs[at : at + limit])
        self.pages.append(limit)
        return b'{"metadata":{"resourceVersion":"7","continue":"%b"},"items":[%b]}' % (token.encode(), items)

    async def _watch(self, plural: str, writer: asyncio.StreamWriter) -> bool:
        await start_chunked(writer)
        self.open[plural] += 1
        try:
            while True:
                events, self.events[plural] = self.events[plural], []
                for event in events:
                    await chunk(writer, event + b"\n")
                news = asyncio.create_task(self.news.wait())
                gone = asyncio.create_task(writer.wait_closed())
                done, rest = await asyncio.wait({news, gone}, return_when=asyncio.FIRST_COMPLETED)
                for task in rest:
                    task.cancel()
                if gone in done:
                    return False
        finally:
            self.open[plural] -= 1


class Watching:
    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.seen: list[tuple[str, str | None, str]] = []
        self.ended: list[str] = []
        self.relisted: list[str] = []
        self.asked: list[Asked] = []
        self.heard: set[tuple[str, str | None]] = set()

    def sink(self, plural: str, kind: str | None, body: Body) -> None:
        self.seen.append((plural, kind, body["metadata"]["name"]))

    def watches(self, plural: str) -> int:
        return sum(f"{plural}?watch" in asked.target for asked in self.asked)

    async def connected(self) -> None:
        await until(lambda: all(self.server.open.values()), "both kinds are watched")


@asynccontextmanager
async def watching(folder: Path, *jobs: bytes, namespaces: Sequence[str] = ()) -> AsyncIterator[Watching]:
    server = ApiServer()
    server.jobs += jobs
    async with https_server(folder, server.serve) as https, watching_over(https, folder, server, namespaces) as shown:
        yield shown


@asynccontextmanager
async def watching_over(
    https: HttpsServer, folder: Path, server: ApiServer, namespaces: Sequence[str] = ()
) -> AsyncIterator[Watching]:
    shown = Watching(server)
    clock = HastyClock()
    connection = Connection(from_kubeconfig(https.kubeconfig(folder, token="t")), clock, print)
    watch = KopfWatch(
        connection,
        clock,
        plurals=("queuedjobs", "deadletters"),
        namespaces=namespaces,
        own_signals=lambda: None,
        on_end=lambda error: shown.ended.append(type(error).__name__),
        on_broken=lambda error: shown.ended.append(repr(error)),
        on_relist=shown.relisted.append,
        on_heard=lambda plural, namespace: shown.heard.add((plural, namespace)),
    )
    shown.asked = https.asked
    before = asyncio.all_tasks()
    task = asyncio.create_task(watch.run(shown.sink))
    try:
        yield shown
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        kopfs = [t for t in asyncio.all_tasks() - before if "kopf" in repr(t.get_coro())]
        assert kopfs == [], "nothing of kopf is left"


async def test_listed_and_watched_objects_reach_the_sink_and_kopf_writes_nothing(tmp_path: Path) -> None:
    async with watching(tmp_path) as shown:
        await shown.connected()
        shown.server.send("queuedjobs", "MODIFIED", job("a"))
        shown.server.send("deadletters", "ADDED", job("d"))
        await until(lambda: len(shown.seen) == 3, "three events")
        shown.server.send("queuedjobs", "DELETED", job("a"))
        await until(lambda: len(shown.seen) == 4, "four events")
    assert [event for event in shown.seen if event[0] == "queuedjobs"] == [
        ("queuedjobs", None, "a"),
        ("queuedjobs", "MODIFIED", "a"),
        ("queuedjobs", "DELETED", "a"),
    ]
    assert ("deadletters", "ADDED", "d") in shown.seen
    assert shown.relisted == []
    assert {asked.method for asked in shown.asked} == {"GET"}, "not even the finalizer of other kopf operators"


def odd(name: str, payload: str, managed: str = "{}") -> bytes:
    """The bytes of a job with this payload and this entry of managedFields."""
    metadata = f'{{"name":"{name}","namespace":"n","uid":"{name}","resourceVersion":"8","managedFields":[{managed}]}}'
    return f'{{"metadata":{metadata},"spec":{{"payload":{payload}}}}}'.encode()


_DEEP = '{"a":' * 10_000 + "1" + "}" * 10_000
ODD = {
    "deep-payload": odd("deep-payload", _DEEP),
    "deep-managed-fields": odd("deep-managed-fields", "{}", _DEEP),
    "large-number": odd("large-number", '{"wei":20000000000000000000000}'),
    "long-number": odd("long-number", "1" * 300),
    "large": odd("large", f'"{"x" * 1_400_000}"'),
}


async def test_odd_objects_keep_no_other_object_from_being_seen(tmp_path: Path) -> None:
    async with watching(tmp_path, *ODD.values()) as shown:
        await shown.connected()
        await until(lambda: len(shown.seen) == 1 + len(ODD), "all listed jobs are seen")
        for body in ODD.values():
            shown.server.send("queuedjobs", "MODIFIED", body)
        shown.server.send("queuedjobs", "ADDED", job("last"))
        await until(lambda: ("queuedjobs", "ADDED", "last") in shown.seen, "the job after them is seen")
        await until(lambda: {name for _, event, name in shown.seen if event == "MODIFIED"} == set(ODD), "all changes")
    assert shown.ended == []
    assert shown.heard == {("queuedjobs", None), ("deadletters", None)}


async def test_of_each_watch_it_is_told_which_namespace_was_heard(tmp_path: Path) -> None:
    watches = {(plural, namespace) for plural in ("queuedjobs", "deadletters") for namespace in ("m", "n")}
    async with watching(tmp_path, namespaces=("m", "n")) as shown:
        await until(lambda: shown.heard == watches, "every watch is heard")


async def test_a_page_of_large_jobs_is_asked_for_in_smaller_pages(tmp_path: Path) -> None:
    large = [odd(f"large-{number}", f'"{"x" * 1_000_000}"') for number in range(40)]
    async with watching(tmp_path, *large) as shown:
        await until(lambda: len(shown.seen) == 1 + len(large), "all listed jobs are seen")
    assert shown.server.pages[:3] == [500, 125, 31], "a page over 16 MiB is asked for again, smaller"
    assert all(limit <= 31 for limit in shown.server.pages[2:])
    assert shown.ended == []


async def test_an_error_on_one_watch_restarts_both_watches_and_leaves_no_old_watch_open(tmp_path: Path) -> None:
    async with watching(tmp_path) as shown:
        for number in range(1, 4):
            await shown.connected()
            shown.server.send("queuedjobs", "ERROR", {"kind": "Status", "code": 500, "message": "etcd"})
            await until(lambda: len(shown.ended) == number, "kopf ends")  # noqa: B023 - awaited at once
        await shown.connected()
        await until(lambda: shown.server.open == {"queuedjobs": 1, "deadletters": 1}, "one watch of each kind")
        shown.server.send("deadletters", "ADDED", job("d"))
        await until(lambda: ("deadletters", "ADDED", "d") in shown.seen, "the letter is seen")
    assert shown.ended == ["WatchingError"] * 3
    assert shown.relisted.count("queuedjobs") == 3


async def test_a_watch_that_is_being_opened_is_stopped_when_the_other_watch_fails(tmp_path: Path) -> None:
    async with watching(tmp_path) as shown:
        shown.server.slow = "deadletters"
        await until(lambda: shown.server.open["queuedjobs"], "jobs are watched")
        await until(lambda: shown.watches("deadletters"), "letters nearly are")
        shown.server.send("queuedjobs", "ERROR", {"kind": "Status", "code": 500, "message": "etcd"})
        await until(lambda: shown.ended, "kopf ends", within=4)  # below _STUBBORN: it stops at the first cancel


async def test_the_end_of_kopf_cancels_no_task_of_ours(tmp_path: Path) -> None:
    async with watching(tmp_path) as shown:
        await shown.connected()
        ours = asyncio.create_task(asyncio.Event().wait())  # created after kopf, like most tasks of the operator
        shown.server.send("queuedjobs", "ERROR", {"kind": "Status", "code": 500, "message": "etcd"})
        await until(lambda: shown.ended, "kopf ends")
        await shown.connected()
        assert not ours.done()
        ours.cancel()


async def test_a_watch_that_is_silent_for_too_long_is_opened_again(tmp_path: Path) -> None:
    async with watching(tmp_path) as shown:
        await shown.connected()
        await until(lambda: shown.watches("queuedjobs") > 1, "jobs are watched anew", within=500)
        shown.server.send("queuedjobs", "MODIFIED", job("b"))
        await until(lambda: ("queuedjobs", "MODIFIED", "b") in shown.seen, "the change is seen")
    assert shown.ended == []


async def test_kopf_recovers_from_a_refused_token(tmp_path: Path) -> None:
    async with watching(tmp_path) as shown:
        shown.server.refuse = 5
        await shown.connected()
    assert ("queuedjobs", None, "a") in shown.seen


def test_kopf_trusts_a_new_authority_once_its_file_is_replaced(tmp_path: Path) -> None:
    asyncio.run(trusts_a_new_authority(tmp_path))  # in real time: files are read in a thread, which has no other


async def trusts_a_new_authority(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "new").mkdir()
    server = ApiServer()
    async with AsyncExitStack() as open_for_long:
        async with https_server(tmp_path, server.serve) as old:
            shown = await open_for_long.enter_async_context(watching_over(old, tmp_path, server))
            await shown.connected()
        async with https_server(elsewhere, server.serve, port=old.port) as new:
            (tmp_path / "ca.pem").write_bytes(new.ca_file.read_bytes())
            await shown.connected()
            server.send("queuedjobs", "MODIFIED", job("b"))
            await until(lambda: ("queuedjobs", "MODIFIED", "b") in shown.seen, "the change is seen")
