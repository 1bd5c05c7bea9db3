"""A tenant whose pods go to a webhook that hangs, and the time that a job of another tenant waits for its pod."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dev.bench import latency
from dev.bench.arena import Arena
from dev.bench.contenders import BARE, HOSTILE, OPERATOR
from dev.bench.latency import Latency
from dev.bench.webhook import HANGS_FOR, HangingWebhook

_SAMPLES = 20
_PAUSE = 1.5 * HANGS_FOR / _SAMPLES
"""Seconds between two jobs: the samples last longer than one hanging request, so that they see its end, too."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """The time from a job to its pod in another namespace, without and with jobs whose pods hang in admission."""

    jobs: int
    """Jobs in the namespace of the webhook."""

    held: int
    """Requests of the operator that hung during the samples."""

    idle: Latency
    beside: Latency


async def measure(arena: Arena, jobs: int) -> Hanging:
    """Measure the latency idle, then beside `jobs` jobs that hang. The operator must run, past its late bound."""
    idle = await latency.measure(arena, _SAMPLES)
    pods = BARE.collection(HOSTILE)

    async def acts() -> bool:
        return not await arena.api.admits(pods, BARE.body("probe"))

    with arena.hanging_webhook(HOSTILE) as webhook:
        await arena.until("the API server asks the webhook", acts)
        before = webhook.held
        await arena.api.create_all(OPERATOR.collection(HOSTILE), (OPERATOR.body(f"hangs-{at}") for at in range(jobs)))
        await arena.until("a pod hangs in the webhook", _more_than(before, webhook), every=0.02)
        beside = await latency.sample(arena, _SAMPLES, pause=_PAUSE)
        held = webhook.held - before
    await arena.clean(HOSTILE)
    await arena.clean()
    return Hanging(jobs, held, idle, beside)


def _more_than(before: int, webhook: HangingWebhook) -> Callable[[], Awaitable[bool]]:
    async def held() -> bool:
        return webhook.held > before

    return held
