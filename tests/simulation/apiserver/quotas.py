"""ResourceQuotas: charged when an object is created, and counted again later by the quota controller."""

from tests.simulation.apiserver.refusals import forbidden
from tests.simulation.apiserver.resources import PODS, QUOTAS, Resource
from tests.simulation.apiserver.storage import Body, Snapshot, Storage

_ENDED = frozenset({"Succeeded", "Failed"})


def charge(storage: Storage, resource: Resource, namespace: str, name: str) -> None:
    """Charge one more object to every quota of its namespace. Raises Refusal if a quota is full.

    Ended pods and deleted objects stay in the sum until the controller has counted (admission/plugin/resourcequota).
    """
    what = _what(resource)
    quotas = [quota for quota in storage.all(QUOTAS, namespace) if what in quota.body["spec"].get("hard", {})]
    for quota in quotas:
        status = quota.body["status"]
        if what not in status.get("used", {}):
            raise forbidden(resource, name, f"status unknown for quota: {quota.name}, resources: {what}")
        used, hard = status["used"][what], status["hard"][what]
        if int(used) + 1 > int(hard):
            why = f"exceeded quota: {quota.name}, requested: {what}=1, used: {what}={used}, limited: {what}={hard}"
            raise forbidden(resource, name, why)
    for quota in quotas:
        used = {**quota.body["status"]["used"], what: str(int(quota.body["status"]["used"][what]) + 1)}
        storage.put(QUOTAS, {**quota.body, "status": {**quota.body["status"], "used": used}})


def counted(storage: Storage, resources: tuple[Resource, ...], quota: Snapshot) -> Body:
    """The status that the quota controller would write now."""
    hard = quota.body["spec"].get("hard", {})
    used = {_what(resource): str(_count(storage, resource, quota.namespace)) for resource in resources}
    return {"hard": hard, "used": {what: used[what] for what in hard if what in used}} if hard else {}


def _what(resource: Resource) -> str:
    return "pods" if resource is PODS else f"count/{resource}"


def _count(storage: Storage, resource: Resource, namespace: str) -> int:
    """The number of objects in the namespace, without pods that have ended."""
    there = storage.all(resource, namespace)
    return sum(resource is not PODS or it.body["status"].get("phase") not in _ENDED for it in there)
