"""A lasting problem is met at every try, and often in other words. An Event tells it once."""

import asyncio
from collections.abc import Callable

import pytest

from queuedjob.api.identity import pod_name
from queuedjob.controllers.events import OutgoingEvent
from queuedjob.controllers.job.refused_writes import RefusedWrites
from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import ApiError, Refused
from queuedjob.policy.facts import JobId
from queuedjob.ports import Body, Request, Response
from tests.builders import NOON
from tests.unit.controllers.api_server import PODS, ApiServer, a_job_body, a_pod_body, ended
from tests.unit.controllers.controller_env import ControllerEnv
from tests.unit.kube.client.scripted import failure
from tests.virtual_loop import SteadyRandom, VirtualClock

J = JobId("default", "j-uid")
JOB = paths.job("default", "j")

DENIED = 'admission webhook "x.y" denied the request: '
CANNOT = 'pods "p" is forbidden: User "operator" cannot delete resource "pods" '


class Shop:
    """A finished job with `pods` released pods beyond its history, and the Events that its controller posts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pods: int, job: Body | None = None) -> None:
        end = {"phase": "Succeeded", "counters": {"pods": pods}, "finishTime": "2026-03-01T12:00:00Z"}
        self.job = job or {**a_job_body(podHistoryLimit=0), "status": end}
        self.server = ApiServer((JOB, self.job))
        self.env = ControllerEnv(self.server)
        self.env.seeing_job(self.job)
        for number in range(1, pods + 1):
            pod = ended(a_pod_body(pod_name("j", "j-uid", 0, number), version=100 + number, finalizers=[]))
            self.server.objects[f"{PODS}/{pod['metadata']['name']}"] = pod
            self.env.stores.pods.see(pod)
        self.told: list[str] = []
        self.refused = 0
        monkeypatch.setattr(self.env.events, "post", self._post)

    def _post(self, event: OutgoingEvent) -> None:
        self.told.append(event.reason)

    def refuse(self, monkeypatch: pytest.MonkeyPatch, method: str, words: Callable[[str, int], str]) -> None:
        """Refuse each such request in words that name the path and the number of the request."""
        send = self.server.send

        async def refusing(request: Request) -> Response:
            if request.method == method:
                self.refused += 1
                return failure(403, "Forbidden", words(request.path, self.refused))
            return await send(request)

        monkeypatch.setattr(self.server, "send", refusing)

    async def live(self, seconds: float) -> None:
        """Reconcile the job whenever it asks for that, and once after each error."""
        end = self.env.clock.monotonic() + seconds
        while self.env.clock.monotonic() < end:
            self.env.keys.later.clear()
            try:
                await self.env.controller.reconcile("default", "j-uid")
            except ApiError:
                self.env.keys.later = {"again": 5.0}
            await asyncio.sleep(min(self.env.keys.later.values(), default=5) + 0.01)


async def test_of_each_write_that_stays_refused_one_event_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(monkeypatch, pods=2)
    shop.refuse(monkeypatch, "DELETE", lambda path, n: f"{DENIED}{path} may not be deleted ({n})")
    await shop.live(3600)
    assert shop.refused > 100
    assert shop.told == ["WriteRefused"] * 2


async def test_reasons_that_alternate_are_told_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(monkeypatch, pods=1)
    shop.refuse(monkeypatch, "DELETE", lambda _, n: f"{CANNOT if n % 2 else DENIED}{n}")
    await shop.live(3600)
    assert shop.told == ["WriteRefused"] * 2


async def test_a_write_that_is_refused_again_after_it_was_carried_out_is_news_again() -> None:
    refused = RefusedWrites(VirtualClock(), SteadyRandom())
    news = [refused.note(J, "RestoreLabels/p", Refused(403, "no"), NOON, upkeep=True) for _ in range(3)]
    refused.carried_out(J, "RestoreLabels/p")
    assert len(refused) == 0
    news.append(refused.note(J, "RestoreLabels/p", Refused(403, "no"), NOON, upkeep=True))
    assert news == [True, False, False, True]


async def test_a_status_that_stays_refused_is_told_once_in_whatever_words(monkeypatch: pytest.MonkeyPatch) -> None:
    pod = ended(a_pod_body(pod_name("j", "j-uid", 0, 1)))
    shop = Shop(monkeypatch, pods=0, job=a_job_body())
    shop.server.objects[f"{PODS}/{pod['metadata']['name']}"] = pod
    shop.env.seeing(pod)
    shop.refuse(monkeypatch, "PUT", lambda _, n: f"{DENIED}at try {n}")
    await shop.live(600)
    assert shop.told == ["WriteRefused"]


async def test_a_job_that_stays_unreadable_is_told_once_for_each_generation_of_its_spec(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(monkeypatch, pods=0, job=a_job_body(retry={"maxAttempts": "many"}))
    shop.refuse(monkeypatch, "PUT", lambda _, n: f"no {n}")
    for version in range(20, 30):
        newer = {**shop.job["metadata"], "resourceVersion": str(version), "generation": 1 + (version >= 25)}
        shop.env.seeing_job({**shop.job, "metadata": newer, "status": {"counters": f"broken {version}"}})
        await shop.live(10)
    assert shop.told == ["Unreadable"] * 2


async def test_what_was_told_is_forgotten_with_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(monkeypatch, pods=2)
    shop.refuse(monkeypatch, "DELETE", lambda path, _: f"{DENIED}{path}")
    await shop.live(60)
    memory = shop.env.memory
    assert len(memory) > 0
    memory.forget(J)
    assert len(memory) == 0
