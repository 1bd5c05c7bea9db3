"""The resources that the API server serves, and the target of a path."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from queuedjob.api import names
from queuedjob.api.kinds import KINDS


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource, with its kind."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    custom: bool = False
    """The resource is defined by one of the operator's CRDs."""
    graceful: bool = False
    """After a DELETE, its objects have a grace period."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified_kind(self) -> str:
        """The kind as it appears in the message of a refusal."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def at(self, subresource: str) -> str:
        """The resource as it appears in the message of a refusal. `subresource` begins with a slash."""
        return f"{self.plural}{subresource}.{self.group}" if self.group else self.plural + subresource

    def __str__(self) -> str:
        return self.at("")


PODS: Final = Resource("", "v1", "pods", "Pod", graceful=True)
NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
QUOTAS: Final = Resource("", "v1", "resourcequotas", "ResourceQuota")
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")
EVENTS: Final = Resource("events.k8s.io", "v1", "events", "Event")
TOLD: Final = Resource("", "v1", "events", "Event")
"""Events in the old group, as kubelets create them. The real API server shows each Event in both groups."""
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease")
OURS: Final = {kind.plural: Resource(names.GROUP, names.VERSION, kind.plural, kind.kind, custom=True) for kind in KINDS}
JOBS: Final = OURS[names.QUEUEDJOBS]
LETTERS: Final = OURS[names.DEADLETTERS]

ALL: Final = (NAMESPACES, PODS, *OURS.values(), QUOTAS, SERVICE_ACCOUNTS, EVENTS, TOLD, LEASES)

_BY_PATH: Final = {(r.group, r.version, r.plural): r for r in ALL}


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a path. An empty `namespace`: all namespaces; an empty `name`: the collection; an empty
    `subresource`: the object itself."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    """The subresource with its slash, such as /status."""


@lru_cache(maxsize=4096)
def target_of(path: str) -> Target | None:
    """The target of `path`; None if the API server does not serve it."""
    match path.strip("/").split("/"):
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            return None
    namespace = ""
    match rest:
        case ["namespaces", namespace, _, *_] if rest[2] != "status":
            rest = rest[2:]
        case _:
            pass
    plural, name, subresource = [*rest, "", "", ""][:3]
    resource = _BY_PATH.get((group, version, plural))
    return Target(resource, namespace, name, f"/{subresource}" if subresource else "") if resource else None
