"""What the body of a pod says, read without the operator's code."""

from tests.simulation.apiserver.storage import Body


def is_live(body: Body) -> bool:
    """Whether the pod runs or may still run: it has no terminal phase, and was not deleted before it had a node (a pod
    so deleted can never be bound)."""
    if body["status"].get("phase") in ("Succeeded", "Failed"):
        return False
    return not ("deletionTimestamp" in body["metadata"] and not body["spec"].get("nodeName"))
