"""The witness: sees all that the API server does, from within, and whom it does it for. It takes nobody's word."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from queuedjob.ports import Body, Request, Response
from tests.simulation.apiserver.lists import Lists
from tests.simulation.apiserver.resources import target_of
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.storage import Change
from tests.simulation.digest import Digest
from tests.simulation.lagging_caches import LaggingCaches

OPERATOR: Final = "operator"
CONTROLLERS: Final = "controllers"
"""The garbage collector and the namespace controller."""


@dataclass(slots=True)
class Asked:
    """One request that was carried out, or refused, and when. `changes` are those it made."""

    at: float
    user: str
    request: Request
    revision: int
    """The newest there was when it came in: what a read can have shown."""
    status: int = 0
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Noted:
    """One change, when it was made, and by whom."""

    at: float
    user: str
    change: Change


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that no change shows: a trouble, a kill, a line of the operator's log."""

    at: float
    revision: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The POST of a pod, as it left the operator, and the read of its job that came before it."""

    at: float
    revision: int
    pod: str
    read: Body | None
    """The job, as the last answer to a GET of it showed it to this process."""
    read_at: float
    starved: bool
    """The process may have been held up in between: it got no time, or the gate for requests was closed."""


class Witness:
    """Everything that happened, in order. `now` is in simulated seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.asked: Final[list[Asked]] = []
        self.writes: Final[list[Asked]] = []
        """Those that changed something."""
        self.noted: Final[list[Noted]] = []
        self.sent: Final[list[Sent]] = []
        self.remarks: Final[list[Remark]] = []
        self.digest: Final = Digest()
        self.revision = 0
        self.after_write: list[Callable[[Asked], None]] = []
        """Told of each request that changed something, just after it did."""
        self._asking: Asked | None = None

    @property
    def now(self) -> float:
        return self._now()

    def changed(self, change: Change) -> None:
        """A listener of the storage's."""
        self.revision = change.revision
        asking = self._asking
        self.noted.append(Noted(self._now(), asking.user if asking else CONTROLLERS, change))
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
    """The simulated API server, with the witness at its desk."""

    def __init__(self, witness: Witness, now: Callable[[], float], namespaces: tuple[str, ...]) -> None:
        super().__init__(now, namespaces=namespaces)
        self.caches: LaggingCaches | None = None
        """What answers the operator's first LISTs, where its caches lag."""
        self._witness = witness
        self.storage.listeners.append(witness.changed)
        witness.revision = self.storage.revision

    def handle(self, request: Request, user: str = OPERATOR) -> Response:
        """Carry out one request."""
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
