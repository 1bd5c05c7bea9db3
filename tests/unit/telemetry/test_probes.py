from collections.abc import AsyncIterator, Iterable

import pytest
from aiohttp import ClientConnectionError, ClientSession, ClientTimeout
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from queuedjob.telemetry.exposition import CachedExposition
from queuedjob.telemetry.metrics import Metrics
from queuedjob.telemetry.probes import Check, Probes
from tests.unit.telemetry.clocks import StillClock

HERE = "127.0.0.1"


def well() -> Iterable[str]:
    return ()


def broken() -> Iterable[str]:
    raise RuntimeError("the store is gone")


def breaks_off() -> Iterable[str]:
    yield "jobs are not listed yet"
    raise RuntimeError("the store is gone")


def an_exposition(_accept: str) -> tuple[bytes, str]:
    return b"", "text/plain"


def some_probes(
    *,
    live: Check = well,
    ready: Check = well,
    note: Check = well,
    metrics: Metrics | None = None,
    port: int = 0,
    host: str = HERE,
) -> Probes:
    exposition = CachedExposition(metrics, StillClock()) if metrics else an_exposition
    return Probes(live=[well, live], ready=[well, ready], notes=[note], metrics=exposition, host=host, port=port)


class Server:
    """Running probes, and a client that GETs their answers."""

    def __init__(self, session: ClientSession) -> None:
        self.session = session
        self.probes: Probes | None = None

    async def run(self, probes: Probes) -> None:
        await probes.start()
        self.probes = probes

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        assert self.probes is not None
        async with self.session.get(f"http://{HERE}:{self.probes.port}{path}", headers=headers) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with ClientSession(timeout=ClientTimeout(total=30), trust_env=False) as session:
        running = Server(session)
        yield running
        if running.probes is not None:
            await running.probes.stop()


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_the_probes_succeed_when_no_check_names_a_problem(server: Server, path: str) -> None:
    await server.run(some_probes())
    assert await server.get(path) == (200, "ok\n")


async def test_each_probe_asks_its_own_checks(server: Server) -> None:
    await server.run(some_probes(ready=lambda: ["pods are not listed yet", "the API server does not answer"]))
    assert await server.get("/livez") == (200, "ok\n")
    assert await server.get("/readyz") == (503, "pods are not listed yet\nthe API server does not answer\n")


async def test_a_note_is_told_and_makes_nothing_unready(server: Server) -> None:
    await server.run(some_probes(note=lambda: ["namespace b is left out: 403"]))
    assert await server.get("/readyz") == (200, "ok\nnamespace b is left out: 403\n")
    assert await server.get("/livez") == (200, "ok\n")


async def test_a_dead_worker_loop_fails_liveness(server: Server) -> None:
    await server.run(some_probes(live=lambda: ["the worker loop has ended"]))
    assert await server.get("/livez") == (503, "the worker loop has ended\n")
    assert await server.get("/readyz") == (200, "ok\n")


async def test_checks_run_again_for_each_request(server: Server) -> None:
    problems = ["pods are not listed yet"]
    await server.run(some_probes(ready=lambda: problems))
    assert (await server.get("/readyz"))[0] == 503
    problems.clear()
    assert (await server.get("/readyz"))[0] == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("check", [broken, breaks_off])
async def test_a_check_that_raises_is_named_as_a_problem(server: Server, path: str, check: Check) -> None:
    await server.run(some_probes(live=check, ready=check))
    assert await server.get(path) == (503, "the check itself failed: RuntimeError: the store is gone\n")


async def test_prometheus_can_scrape(server: Server) -> None:
    metrics = Metrics(StillClock(), version="1.2.3")
    await server.run(some_probes(metrics=metrics))
    status, body = await server.get("/metrics")
    assert status == 200
    assert "queuedjob_build_info" in {family.name for family in text_string_to_metric_families(body)}


async def test_a_scraper_that_asks_for_openmetrics_gets_it(server: Server) -> None:
    metrics = Metrics(StillClock(), version="1.2.3")
    await server.run(some_probes(metrics=metrics))
    _, body = await server.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert body.endswith("# EOF\n")


async def test_metrics_that_cannot_be_read_give_the_reason_and_the_probes_go_on(server: Server) -> None:
    def source() -> int:
        raise RuntimeError("the store is gone")

    metrics = Metrics(StillClock(), version="1.2.3")
    metrics.count_active_attempts(source)
    await server.run(some_probes(metrics=metrics))
    assert await server.get("/metrics") == (503, "the metrics cannot be read: RuntimeError: the store is gone\n")
    assert await server.get("/livez") == (200, "ok\n")


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics/"])
async def test_an_unknown_path_is_not_served(server: Server, path: str) -> None:
    await server.run(some_probes())
    assert (await server.get(path))[0] == 404


async def test_two_servers_on_port_0_get_ports_of_their_own(server: Server) -> None:
    await server.run(some_probes())
    other = some_probes()
    await other.start()
    assert server.probes is not None
    assert 0 < other.port != server.probes.port
    await other.stop()


async def test_a_port_that_is_taken_is_named(server: Server) -> None:
    await server.run(some_probes())
    assert server.probes is not None
    with pytest.raises(OSError, match=str(server.probes.port)):
        await some_probes(port=server.probes.port).start()


async def test_the_port_is_unknown_while_the_probes_do_not_run() -> None:
    probes = some_probes()
    with pytest.raises(RuntimeError, match="start"):
        _ = probes.port


async def test_stopped_probes_do_not_listen_and_leave_their_port_free(server: Server) -> None:
    await server.run(some_probes())
    assert server.probes is not None
    port = server.probes.port
    assert (await server.get("/livez"))[0] == 200  # the connection stays open after this request
    await server.probes.stop()
    await server.probes.stop()
    with pytest.raises(ClientConnectionError):
        await server.session.get(f"http://{HERE}:{port}/livez")
    await server.run(some_probes(port=port))
    assert (await server.get("/livez"))[0] == 200


async def test_the_log_shows_a_probe_only_when_it_changes(server: Server) -> None:
    problems = ["pods are not listed yet"]
    await server.run(some_probes(ready=lambda: problems))
    with capture_logs() as logged:
        await server.get("/readyz")
        await server.get("/readyz")
        problems.clear()
        await server.get("/readyz")
    assert [(line["probe"], line["problems"]) for line in logged] == [
        ("ready", ["pods are not listed yet"]),
        ("ready", []),
    ]
