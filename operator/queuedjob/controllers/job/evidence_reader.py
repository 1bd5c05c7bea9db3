"""Read the evidence that an ended pod's object lacks: once, whatever the result (docs/protocol.md).

A log comes from the node's kubelet, which may be down; an Event may be lost. Neither read may delay the settling of an
attempt for longer than a moment, and neither is repeated: no answer, a refusal, or Events that are too large count as
"nothing there", are logged, and are final. The result is in memory only, until the attempt is settled: an operator that
starts before then reads once more. Of what is read, only what a verdict looks at is kept: many pods may end at once,
and whether their attempts can be settled soon is not the operator's to say.
"""

from typing import Final

import structlog

from queuedjob.api.types.plain_text import plain
from queuedjob.kube.client import paths
from queuedjob.kube.client.client import Client
from queuedjob.kube.client.errors import ApiError
from queuedjob.kube.objects.kubelet_events import kubelet_event_from, selecting
from queuedjob.policy.facts import ExtraEvidence, KubeletEvent, Pod
from queuedjob.policy.failure.evidence import last_words
from queuedjob.policy.failure.kubelet_kill import telling
from queuedjob.policy.job.steps import ReadEvidence
from queuedjob.ports import NoAnswer

log: Final = structlog.get_logger("queuedjob.evidence")

_TIMEOUT: Final = 5.0
"""Seconds for each of the two reads. The API server would wait for a dead node's kubelet for half a minute."""

_LINES: Final = 80
"""Lines of the log: as many as the kubelet reads for FallbackToLogsOnError (pkg/kubelet/container/runtime.go)."""
_BYTES: Final = 256 * 1024
"""Bytes that are read of the log's end: escape sequences and lines that are written over count for nothing. The API
server's own limitBytes would cut the end off, which says most: the kubelet counts it from the first of the last lines,
and a line may be long (a progress bar, JSON)."""
_EVENTS: Final = 100
"""Maximum Events of one pod that are read; a kubelet posts at most 25 in a row (client-go's spam filter)."""
_ALL_EVENTS: Final = 4 * 2**20
"""Bytes that are read of a pod's Events at most. 100 usual ones have 0.2 MB, but whoever may create Events may create
100 of 1.5 MB about each pod, and many pods may end at once."""


class EvidenceReader:
    """Reads the evidence that a step asks for; a failed read counts as empty."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self, step: ReadEvidence, before: ExtraEvidence) -> ExtraEvidence:
        """Return `before`, the earlier evidence about this pod, with the parts replaced that the step asks for."""
        pod = step.pod
        return ExtraEvidence(
            log=await self._log(pod, step.container) if step.log else before.log,
            events=await self._events(pod) if step.events else before.events,
        )

    async def _log(self, pod: Pod, container: str) -> str:
        path, query = paths.pod_log(pod.namespace, pod.name), {"container": container, "tailLines": str(_LINES)}
        try:
            return last_words(plain(await self._client.text(path, query, within=_TIMEOUT, last=_BYTES)))
        except (ApiError, NoAnswer) as error:
            _lost("log", pod, error)
            return ""

    async def _events(self, pod: Pod) -> tuple[KubeletEvent, ...]:
        path, fields = paths.core_events(pod.namespace), selecting(pod.uid)
        try:
            found = await self._client.first_page(
                path, fields=fields, page=_EVENTS, within=_TIMEOUT, largest=_ALL_EVENTS
            )
        except (ApiError, NoAnswer) as error:
            _lost("events", pod, error)
            return ()
        return telling((kubelet_event_from(each) for each in found), {each.name for each in pod.containers})


def _lost(what: str, pod: Pod, error: Exception) -> None:
    log.warning("evidence not read", what=what, pod=pod.name, namespace=pod.namespace, error=str(error))
