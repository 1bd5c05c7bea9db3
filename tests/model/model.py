"""All actors together: moves that hypothesis chooses, and the conditions that must hold once the moves stop."""

import copy
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, TypeAlias

from queuedjob.api.kinds.queuedjob_phases import DEAD, is_terminal
from queuedjob.policy.facts import Letter
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.steps import ReadJob, Step, Wait
from tests.builders import AJob, APod, seconds
from tests.model.memory import Memory
from tests.model.operator import Died, Operator, WriteFault
from tests.model.server import BOUND, Conflict, Exists, Gone, Server

PATIENCE: Final = 400
"""Steps within which any undisturbed job must come to rest."""

_WRITES: Final = (
    *[WriteFault.ANSWERED] * 3,
    WriteFault.UNHEARD,
    WriteFault.LATE,
    WriteFault.REFUSED,
    WriteFault.REFUSED_FOR_GOOD,
)
_SECONDS: Final = (0.3, 1.0, 2.5, 6.0, BOUND + 1, 61.0, 400.0)
_EDITS: Final[tuple[Callable[[AJob], AJob], ...]] = (
    lambda job: job.edited(suspend=True),
    lambda job: job.edited(suspend=False),
    lambda job: job.edited(suspend=False),
    lambda job: job.edited(cancel=True),
    lambda job: job.edited(retry={"max_attempts": 1}),
    lambda job: job.edited(retry={"max_attempts": 4}),
    lambda job: job.edited(timeouts={"attempt": 60.0, "total": 100.0}),
    lambda job: job.edited(timeouts={"attempt": 60.0}),
    lambda job: job.edited(pod_history_limit=0),
)


Move: TypeAlias = tuple[str, int]
"""The name of a move, and a number that chooses among its possibilities."""


class Model:
    """One job, from its creation on, with its server and its operator."""

    def __init__(self, job: AJob) -> None:
        self.server = Server(job)
        self.operator = Operator.started_on(self.server)
        self.moves: Final[dict[str, Callable[[int], object]]] = {
            "operator": lambda n: self.reconcile(_WRITES[n % len(_WRITES)]),
            "operator works": lambda n: [self.reconcile() for _ in range(n)],
            "watch": self._deliver,
            "watches catch up": lambda _: self._catch_up(),
            "kubelet": lambda n: self._each(n, lambda pod: self._goes_on(pod, n)),
            "time": lambda n: self._pass(_SECONDS[n % len(_SECONDS)]),
            "edit": lambda n: self.server.edit(_EDITS[n % len(_EDITS)]),
            "fix": lambda _: self.server.edit_template(),
            "restart": lambda n: self._restart(n % 5),
            "late request": self._arrive,
            "list": lambda _: self.operator.memory.list_pods(),
            "delete pod": lambda n: self._each(n, lambda pod: self.server.delete_pod(pod.uid, force=n % 3 == 0)),
            "strip label": lambda n: self._each(n, lambda pod: self.server.strip(pod, "label")),
            "strip finalizer": lambda n: self._each(n, lambda pod: self.server.strip(pod, "finalizer")),
            "resolve letter": lambda n: self._letter(n, self.server.resolve),
            "delete letter": lambda n: self._letter(n, self.server.delete_letter),
            "delete job": lambda _: self.server.start_deleting_job(),
        }

    # --- moves; a move that is not possible does nothing

    def reconcile(self, fault: WriteFault = WriteFault.ANSWERED) -> Step | None:
        """Make one step of the operator. Then carry out the same step again, as a second operator with the same facts
        would do; this must change nothing."""
        facts = self.operator.facts()
        try:
            step = self.operator.reconcile(fault)
        except Died:
            self._restart(0)
            return ReadJob()  # as the one that starts after it
        if facts is not None and step is not None and fault is WriteFault.ANSWERED:
            self._again(facts, step)
        return step

    def _again(self, facts: JobFacts, step: Step) -> None:
        before = self._state()
        memory = Memory(
            self.server, self.operator.memory.started, facts.job, {p.uid: p for p in facts.pods}, {}, listed=True
        )
        Operator(self.server, memory).carry_out(facts, step)
        assert self._state() == before, f"{step} did something when it was carried out again"

    def _state(self) -> object:
        return copy.copy((self.server.job, dict(self.server.pods), dict(self.server.letters), len(self.server.writes)))

    def _deliver(self, which: int) -> None:
        if waiting := list(self.server.transit):
            self.operator.memory.deliver(waiting[which % len(waiting)])

    def _catch_up(self) -> None:
        while self.server.transit:
            self.operator.memory.deliver(next(iter(self.server.transit)))

    def _each(self, which: int, move: Callable[[APod], object]) -> None:
        if pods := list(self.server.pods.values()):
            move(pods[which % len(pods)])

    def _goes_on(self, pod: APod, which: int) -> None:
        if moves := self.server.possible(pod):
            self.server.kubelet(pod, moves[which % len(moves)])

    def _letter(self, which: int, move: Callable[[Letter], object]) -> None:
        if letters := list(self.server.letters.values()):
            move(letters[which % len(letters)])

    def _pass(self, seconds: float) -> None:
        self.server.clock += seconds
        self.server.flying = [(until, do) for until, do in self.server.flying if until > self.server.clock]

    def _restart(self, lag: int) -> None:
        self.operator = Operator.started_on(self.server, lag)

    def _arrive(self, which: int) -> None:
        if self.server.flying:
            _, do = self.server.flying.pop(which % len(self.server.flying))
            with suppress(Conflict, Exists, Gone):
                do()

    # --- the end

    def come_to_rest(self, *exit_codes: int, running: float = 0.0) -> None:
        """Users stop, the watches deliver, pods run for `running` seconds and end with these exit codes; the last code
        is repeated.

        Raises AssertionError if the job does not come to rest within PATIENCE steps.
        """
        codes, steps = list(exit_codes), list[Step | None]()
        for _ in range(PATIENCE):
            step = self._work()
            steps.append(step)
            if not isinstance(step, Wait):
                if step is None:
                    return
            elif self.server.transit or self._pods_go_on(codes, running):
                continue
            elif step.seconds is not None:
                self._pass(step.seconds)
            elif any(p.live for p in self.server.pods.values()):
                self._pass(running)
            elif self.operator.memory.listed:
                return
            else:
                self._pass(BOUND)
        raise AssertionError(f"no rest after {PATIENCE} steps, of which the last are {steps[-6:]}")

    def run_a_pod(self) -> None:
        """Work until the main container of a pod runs."""
        for _ in range(PATIENCE):
            self._work()
            if any("exits 0" in self.server.possible(p) for p in self.server.pods.values()):
                return
            self._pods_go_on([0], 0.0)
        raise AssertionError("no pod came to run")

    def _work(self) -> Step | None:
        """Deliver all watch events, and make the operator's next step."""
        self.server.collect_garbage()
        self._catch_up()
        if not self.operator.memory.listed and self.server.clock >= self.operator.memory.started + BOUND:
            self.operator.memory.list_pods()
        return self.reconcile()

    def _pods_go_on(self, codes: list[int], running: float) -> bool:
        """Make the next move of every live pod. Return whether a pod has changed."""
        before = self.server.version
        for pod in list(self.server.pods.values()):
            moves = self.server.possible(pod)
            if moves and "exits" in moves[0]:
                since = pod.main.running_since if pod.main is not None else None
                if since is not None and self.server.now < since + seconds(running):
                    continue
                self.server.kubelet(pod, f"exits {codes.pop(0) if len(codes) > 1 else codes[0]}")
            elif moves:
                self.server.kubelet(pod, moves[0])
        return self.server.version != before

    def check(self) -> None:
        """Check what must be true for any job at rest."""
        job, pods = self.server.job, list(self.server.pods.values())
        self.server.ledger.all_accounted_for(pods)
        if job is None:
            return
        status = job.status
        ours = [p for p in pods if p.uid not in self.server.ledger.stripped]
        assert not [p.name for p in pods if p.live and (p.labelled or p.has_finalizer)], "at rest, and a pod lives"
        assert not [p.name for p in pods if p.has_finalizer], "at rest, and a pod is held"
        waits = job.terms.suspend and not job.terms.cancel
        assert is_terminal(status.phase) or (waits and status.reason == "Suspended"), f"{status.phase}: {status.reason}"
        assert status.observed_generation == job.generation
        if status.phase in DEAD:
            assert status.dead_letter_ref is not None
            assert status.dead_letter_ref.uid, "its letter was never filed"
        kept = [p for p in ours if p.deletion_time is None and p.labelled]
        assert len(kept) <= job.terms.pod_history_limit
        behind = [x for x in self.server.letters.values() if x.redrives < status.counters.redrives]
        assert all(x.phase != "Dead" for x in behind), "a letter of an earlier run lies there as Dead"
        writes = len(self.server.writes)
        for _ in range(3):
            self._pass(1000)
            self.reconcile()
            self._catch_up()
        ttl = job.terms.ttl_after_finished is not None
        assert ttl or len(self.server.writes) == writes, f"at rest, and it wrote {self.server.writes[writes:]}"


def run_moves(job: AJob, moves: Iterable[Move], exit_code: int = 0) -> Model:
    """Run these moves, let the job come to rest, check it, and return the model."""
    model = Model(job)
    for name, number in moves:
        model.moves[name](number)
    model.come_to_rest(exit_code)
    model.check()
    return model
