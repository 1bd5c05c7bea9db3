"""Two operators on a real cluster: the one that leads is killed, and the other one goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from dev.cluster.locks import locked
from dev.harness import Kubectl, OperatorProcess, start_operator
from dev.harness.identity import SYSTEM, may_lead
from dev.harness.operator_process import OperatorError
from e2e.env import Env, a_job

LEASE: Final = "queuedjob-operator"
JOBS: Final = 30
DEATHS: Final = 3


class Standing:
    """Two operator processes that stand for the Lease. One that is killed is started again."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._started = 0
        self._processes: list[OperatorProcess] = []
        for _ in range(2):
            self.start()

    def start(self) -> None:
        """Start another process."""
        self._started += 1
        options = ["--namespace", self._env.namespace, "--leader-elect", "--lease-duration=8", *self._env.options]
        log = self._env.folder / f"operator-{self._started}.log"
        self._processes.append(start_operator(self._env.operator_kubeconfig, log, options))

    def leader(self) -> OperatorProcess:
        """Wait until one of them leads, as it says itself and the Lease says, and return it."""

        def found() -> OperatorProcess | None:
            lease = self._env.kubectl.within(SYSTEM).get("lease", LEASE)
            holder = lease["spec"].get("holderIdentity")
            begun = ((each, line) for each in self._processes for line in each.said("term begun"))
            return next((each for each, line in begun if line["identity"] == holder), None)

        leader: OperatorProcess = self._env.until(found, "an operator leads", self.tell)
        return leader

    def kill_the_leader(self) -> None:
        """Kill -9, and start another one."""
        leader = self.leader()
        leader.kill()
        self._processes.remove(leader)
        self.start()

    def stop(self) -> list[int]:
        """Send SIGTERM to both. Return how they ended."""
        return [each.stop() for each in self._processes]

    def end(self) -> None:
        for each in self._processes:
            if each.process.poll() is None:
                each.kill()

    def tell(self) -> str:
        return "\n".join(f"--- {each.log}\n{each.tail(15)}" for each in self._processes)


@contextmanager
def two_operators(env: Env) -> Iterator[Standing]:
    folder: Path = env.cluster.kubeconfig.parent
    with locked(folder / "lease.lock", "the Lease of the operators"):
        administrator = Kubectl.of(env.cluster)
        administrator.within(SYSTEM).run("delete", "lease", LEASE, "--ignore-not-found")
        administrator.apply(
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": LEASE, "namespace": SYSTEM},
                "spec": {},
            }
        )
        may_lead(administrator, env.namespace)
        standing = Standing(env)
        try:
            yield standing
        finally:
            env.let_go()
            standing.end()
            administrator.within(SYSTEM).run("delete", "lease", LEASE, "--ignore-not-found")


@pytest.mark.local
def test_a_leader_killed_again_and_again_loses_no_job_and_doubles_none(idle_env: Env) -> None:
    env = idle_env
    with two_operators(env) as operators:
        for number in range(JOBS):
            env.apply(a_job(f"j{number}", "sleep 20"))
        for _ in range(DEATHS):
            operators.kill_the_leader()
            operators.leader()
        for number in range(JOBS):
            job = env.reaches(f"j{number}", "Succeeded")
            assert job["status"]["counters"]["pods"] == 1, job["status"]
        assert sorted(len(env.pods(f"j{number}")) for number in range(JOBS)) == [1] * JOBS


def test_a_leader_that_is_stopped_hands_over_and_the_next_job_starts(idle_env: Env) -> None:
    env = idle_env
    with two_operators(env) as operators:
        first = operators.leader()
        assert first.stop() == 0
        assert [line["event"] for line in first.said("lease released")] == ["lease released"]
        env.apply(a_job("next", "true"))
        env.reaches("next", "Succeeded")
        assert operators.leader() is not first


def test_an_operator_without_election_does_not_start_beside_them(idle_env: Env) -> None:
    env = idle_env
    with two_operators(env) as operators:
        operators.leader()
        log = env.folder / "lone.log"
        with pytest.raises(OperatorError, match="stop it, or start this one with --leader-elect"):
            start_operator(env.operator_kubeconfig, log, ["--namespace", env.namespace])
