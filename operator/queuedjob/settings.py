"""The operator's settings: one frozen, validated object. Each option is documented here and nowhere else.

`python -m queuedjob --help` is made from these fields.
"""

from functools import cached_property
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from queuedjob.api.names import LEASE, NAMESPACE
from queuedjob.policy.job.inputs import Limits, ShowAfter
from queuedjob.policy.leadership.election import LONGEST

_REST_OF_A_TERM: Final = 5.0
"""Seconds of a term that a pod's creation cannot have: two renewals, and the second before the end."""


class Settings(BaseModel):
    """How this operator runs. All durations are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kubeconfig: str = Field(
        default="", description="Kubeconfig file. Empty: the pod's ServiceAccount in a cluster, else $KUBECONFIG."
    )
    namespace: tuple[str, ...] = Field(
        default=(), description="Work in this namespace only; may be given several times. None: in all namespaces."
    )
    workers: int = Field(
        default=16,
        ge=1,
        le=512,
        description="Jobs that are reconciled at the same time; those that take longer than half a second beside.",
    )
    post_timeout: float = Field(
        default=15.0,
        gt=0,
        le=60,
        description="Seconds that the API server may take to create a pod. Above the 10 s that a dead webhook takes.",
    )
    late_margin: float = Field(
        default=5.0,
        ge=0,
        le=60,
        description="Seconds beyond post-timeout in which a pod's creation with a lost answer may still take effect. "
        "Below 1 only for tests: the kernel sends for a stopped process for a second.",
    )
    leader_elect: bool = Field(
        default=False,
        description="Stand for the Lease, and work only while this process holds it: for several replicas. Without, "
        "the operator does not start while another one holds the Lease.",
    )
    lease_name: str = Field(default=LEASE, min_length=1, description="The Lease of this installation's operators.")
    lease_namespace: str = Field(
        default="",
        description=f"Its namespace. Empty: that of the operator's pod, else {NAMESPACE}.",
    )
    lease_duration: float = Field(
        default=20.0,
        ge=5,
        le=LONGEST,
        description="Seconds after its last renewal for which a leader may go on, and a standby waits. Above "
        "post-timeout and 5 s.",
    )
    running_after: float = Field(
        default=1.0,
        ge=0,
        description="Seconds that a main container must have run before the job is shown as Running. "
        "Shorter jobs save that write.",
    )
    starting_after: float = Field(
        default=5.0, ge=0, description="Seconds after which a pod that has not started is shown, with the reason why."
    )
    terminating_after: float = Field(
        default=30.0,
        ge=0,
        description="Seconds beyond its grace period after which a deleted pod that has not ended is shown: "
        "its node may be dead.",
    )
    main_ended_after: float = Field(
        default=30.0,
        ge=0,
        description="Seconds that other containers may run on after the main one has ended; then the pod is stopped. "
        "Native sidecars end by themselves.",
    )
    deadline_slack: float = Field(
        default=60.0,
        ge=0,
        description="Seconds beyond deadline and grace period after which the operator stops a pod that its kubelet "
        "has not stopped: its node may be dead, or the kubelet stuck.",
    )
    spec_fault_after: float = Field(
        default=60.0,
        ge=0,
        description="Seconds for which the API server must refuse a job's pod as invalid before the job is "
        "dead-lettered for it: a control plane in the middle of an upgrade answers both ways.",
    )
    deadline_near_percent: int = Field(
        default=80,
        ge=1,
        le=100,
        description="Percent of an attempt's deadline after which a warning is given: an Event and a metric. 100: "
        "none. Deadlines under a minute have none.",
    )
    resync_interval: float = Field(
        default=600.0,
        gt=0,
        description="Seconds between listings of jobs and dead letters, which find deletions and changes that the "
        "watches missed. Then each unfinished job is looked at again, within a minute.",
    )
    sweep_interval: float = Field(
        default=3600.0, gt=0, description="Seconds between searches for pods of ours whose labels were taken away."
    )
    shutdown_grace: float = Field(
        default=4.0,
        ge=0,
        le=30,
        description="Seconds on SIGTERM in which reconciles under way may end and waiting Events are posted.",
    )
    listen: str = Field(
        default="0.0.0.0:8080",
        pattern=r"^.*:[0-9]{1,5}$",
        description="Address and port of /livez, /readyz and /metrics. Port 0: any free one, which is logged.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    log_format: Literal["json", "console"] = Field(default="json", description="Lines of JSON, or for people.")

    @model_validator(mode="after")
    def _a_pod_can_be_created_in_a_term(self) -> Self:
        needed = self.post_timeout + _REST_OF_A_TERM
        if self.leader_elect and self.lease_duration < needed:
            raise ValueError(
                f"lease-duration ({self.lease_duration:g} s) is below post-timeout + {_REST_OF_A_TERM:g} s "
                f"({needed:g} s): no pod could be created in a term; raise it, or lower post-timeout"
            )
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, port = self.listen.rsplit(":", 1)
        return host.strip("[]"), int(port)

    @property
    def late_bound(self) -> float:
        """Seconds after which a POST of a pod whose answer was lost can no longer take effect."""
        return self.post_timeout + self.late_margin

    @cached_property
    def show_after(self) -> ShowAfter:
        """How long a state must last before the status shows it."""
        return ShowAfter(running=self.running_after, starting=self.starting_after, terminating=self.terminating_after)

    @cached_property
    def limits(self) -> Limits:
        """What the operator itself holds attempts to."""
        return Limits(
            main_ended=self.main_ended_after,
            deadline_near_percent=self.deadline_near_percent,
            deadline_slack=self.deadline_slack,
            spec_fault_after=self.spec_fault_after,
        )
