"""Reasons that Kubernetes and the operator write, and how to tell a misspelled one. Pure."""

import difflib
import re
from functools import lru_cache
from typing import Final

KNOWN_REASONS: Final = frozenset(
    {
        # Of a container's end (pkg/kubelet, containerd's internal/cri, CRI-O).
        "OOMKilled",
        "Error",
        "Completed",
        "ContainerCannotRun",
        "ContainerStatusUnknown",
        "DeadlineExceeded",
        "StartError",
        # Of a container's waiting (pkg/kubelet/images, pkg/kubelet/kuberuntime, pkg/kubelet/container).
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "ErrImageInspect",
        "ImageInspectError",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PreStartHookError",
        "PostStartHookError",
        "ContainerCreating",
        "PodInitializing",
        # Of a pod (pkg/kubelet/eviction, nodeshutdown, preemption, lifecycle).
        "Evicted",
        "Preempting",
        "Terminated",
        "NodeShutdown",
        "NodeLost",
        "NodeAffinity",
        "UnexpectedAdmissionError",
        "OutOfcpu",
        "OutOfmemory",
        "OutOfpods",
        "OutOfephemeral-storage",
        # Of the condition DisruptionTarget (api/core/v1).
        "PreemptionByScheduler",
        "DeletionByTaintManager",
        "EvictionByEvictionAPI",
        "DeletionByPodGC",
        "TerminationByKubelet",
    }
)

_CLOSE: Final = 0.9
"""Share of equal letters from which a word is taken for a misspelling; OOMKiled and OOMKilled have 0.94."""


def meant_reason(word: str) -> str:
    """The known reason that `word` seems to misspell; empty if it is a known reason, or like none."""
    if word in KNOWN_REASONS:
        return ""
    by_letters = _by_letters()
    close = difflib.get_close_matches(_letters(word), by_letters, n=1, cutoff=_CLOSE)
    return by_letters[close[0]] if close else ""


@lru_cache(maxsize=1)
def _by_letters() -> dict[str, str]:
    return {_letters(reason): reason for reason in sorted(KNOWN_REASONS)}


def _letters(word: str) -> str:
    return re.sub("[^a-z0-9]", "", word.lower())
