"""Which part of an object a write may change: the status has its own path."""

from typing import Final

from tests.simulation.apiserver import custom
from tests.simulation.apiserver.making import SYSTEM
from tests.simulation.apiserver.resources import Target
from tests.simulation.apiserver.storage import Body

STATUS: Final = "/status"
LOG: Final = "/log"

_OWN: Final = (*SYSTEM, "name", "namespace", "resourceVersion")


def written(target: Target, old: Body, given: Body) -> Body:
    """The object that is stored when `given` is written to `target` over `old`."""
    was = old["metadata"]
    if target.subresource == STATUS and target.resource.custom:
        return {**old, "status": given.get("status") or custom.default_status(target.resource)}
    theirs = {key: value for key, value in given["metadata"].items() if key not in _OWN and value}
    metadata = {**theirs, **{key: was[key] for key in _OWN if key in was}}
    if target.subresource == STATUS:
        if "ownerReferences" in was:  # old kubelets corrupted ownerReferences (registry/core/pod/strategy.go)
            metadata["ownerReferences"] = was["ownerReferences"]
        return {**old, "metadata": metadata, "status": given.get("status") or {}}
    if "generation" in was and given.get("spec") != old.get("spec"):
        metadata["generation"] = was["generation"] + 1
    kept = {"status": old["status"]} if "status" in old else {}
    return {**given, "metadata": metadata, **kept}
