"""The witness: records inside the API server each request and each change, with its user. It trusts no client."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from queuedjob.ports import Body, Request, Response
from tests.simulation.apiserver.lists import Lists
from tests.simulation.apiserver.resources import LEASES, target_of
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.storage import Change
from tests.simulation.digest import Digest
from tests.simulation.lagging_caches import LaggingCaches

OPERATOR: Final = "operator"
ELECTION: Final = "election"
"""The operators, as far as their Lease is concerned."""
CONTROLLERS: Final = "controllers"
"""The garbage collector and the namespace controller."""


@dataclass(slots=True)
class Asked:
    """One request that was carried out or refused, with its time. `changes` are the changes that it made."""

    at: float
    user: str
    request: Request
    revision: int
    """The newest revision when the request arrived: a read can have shown no newer one."""
    status: int = 0
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Noted:
    """One change, with its time and its user."""

    at: float
    user: str
    change: Change


@dataclass(frozen=True, slots=True)
class Remark:
    """An event that is not visible in changes: a trouble, a kill, a line of the operator's log."""

    at: float
    revision: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The POST of a pod, when the operator sent it, and the last read of its job before it."""

    at: float
    revision: int
    pod: str
    read: Body | None
    """The job as in the last answer to this process' GETs of it."""
    read_at: float
    starved: bool
    """The process may have been delayed in between: it got no CPU time, or the gate for requests was closed."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A write that an operator process sent, requests about the Lease excepted."""

    at: float
    revision: int
    owner: str
    """The process."""
    words: str


class Witness:
    """Everything that happened, in order. `now` is in simulated seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.asked: Final[list[Asked]] = []
        self.writes: Final[list[Asked]] = []
        """The requests that changed something."""
        self.noted: Final[list[Noted]] = []
        self.sent: Final[list[Sent]] = []
        self.wrote: Final[list[Wrote]] = []
        self.remarks: Final[list[Remark]] = []
        self.digest: Final = Digest()
        self.revision = 0
        self.after_write: list[Callable[[Asked], None]] = []
        """Called with each request that changed something, just after the change."""
        self._asking: Asked | None = None

    @property
    def now(self) -> float:
        return self._now()

    @property
    def user(self) -> str:
        """The user whose request is being carried out."""
        return self._asking.user if self._asking else CONTROLLERS

    def changed(self, change: Change) -> None:
        """A listener of the storage: record one change."""
        self.revision = change.revision
        asking = self._asking
        self.noted.append(Noted(self._now(), self.user, change))
        if asking is not None:
            asking.changes.append(change)

    def remark(self, kind: str, words: str) -> None:
        self.remarks.append(Remark(self._now(), self.revision, kind, words))

    def begins(self, request: Request, user: str) -> Asked:
        self._asking = asked = Asked(self._now(), user, request, self.revision)
        return asked

    def ends(self, asked: Asked, response: Response) -> None:
        self._asking = None
        asked.status = response.status
        self.digest.take(asked.at, asked.user, asked.request, response)
        self.asked.append(asked)
        if asked.changes:
            self.writes.append(asked)
            for listener in self.after_write:
                listener(asked)


class WitnessedServer(ApiServer):
    """The simulated API server; the witness records all its requests."""

    def __init__(self, witness: Witness, now: Callable[[], float], namespaces: tuple[str, ...]) -> None:
        super().__init__(now, namespaces=namespaces)
        self.caches: LaggingCaches | None = None
        """If set, these lagging caches answer the operator's first LISTs."""
        self._witness = witness
        self.storage.listeners.append(witness.changed)
        witness.revision = self.storage.revision

    def handle(self, request: Request, user: str = OPERATOR) -> Response:
        """Carry out one request."""
        target = target_of(request.path)
        if user == OPERATOR and target is not None and target.resource is LEASES:
            user = ELECTION
        asked = self._witness.begins(request, user)
        response = self._from_the_past(request) if user == OPERATOR else None
        response = response or super().handle(request)
        self._witness.ends(asked, response)
        return response

    def _from_the_past(self, request: Request) -> Response | None:
        target = target_of(request.path)
        listing = request.method == "GET" and target is not None and not target.name and "continue" not in request.query
        if self.caches is None or target is None or not listing:
            return None
        past = self.caches.take(target.resource)
        if past is None:
            return None
        now, self._lists = self._lists, Lists(past)
        try:
            return super().handle(request)
        finally:
            self._lists = now
