"""The names of all kinds of trouble: used in coverage tables, in traces, and in a case's `without`."""

from typing import Final

# --- of the operator's process and machine
KILL: Final = "kill"
TERMINATE: Final = "sigterm"
STALL: Final = "stall"
CLOCK_JUMP: Final = "clock-jump"
CLOCK_SKEW: Final = "clock-skew"

# --- of the network and the API server
SLOW: Final = "slow"
LOST_REQUEST: Final = "lost-request"
LOST_ANSWER: Final = "lost-answer"
LATE_REQUEST: Final = "late-request"
THROTTLED: Final = "429"
FAILED: Final = "500"
FAILED_AFTER: Final = "504-carried-out"
FAILED_EARLY: Final = "504-carried-out-later"
UNAVAILABLE: Final = "503"
GARBLED: Final = "answer-cut-off"
CONFLICTED: Final = "409"
UNREACHABLE: Final = "unreachable"
UNAUTHORIZED: Final = "401"
NOT_PERMITTED: Final = "403"
OUTAGE: Final = "outage"
WATCH_CUT: Final = "watch-cut"
WATCH_GONE: Final = "watch-410"
WATCH_LAG: Final = "watch-lag"
LAGGING_START: Final = "lagging-start"

# --- of nodes and their controllers
UNSCHEDULABLE: Final = "unschedulable"
REJECTED: Final = "rejected"
NO_IMAGE: Final = "no-image"
EVICTED: Final = "evicted"
DRAINED: Final = "drained"
NODE_LOST: Final = "node-lost"
NODE_GONE: Final = "node-gone"
NODE_REBOOT: Final = "node-reboot"
POD_GC: Final = "pod-gc"
HUNG: Final = "hung"
"""A job that is silent longer than its timeouts.heartbeat. This follows from the job's Character, not from a rate."""
HOOK_FAILED: Final = "hook-failed"
"""A pod whose postStart hook fails: the kubelet kills its main container, and only Events tell. From the job's spec."""
INCOMPLETE: Final = "incomplete-status"
"""The kubelet's first terminal status still shows running containers; the complete one comes seconds later."""
OVERTAKEN: Final = "overtaken-deletion"
"""The deadline strikes while a deleted pod has its grace period. This follows from the times, not from a rate."""
INJECTED: Final = "injected-container"
"""Admission adds a container to the pod."""

# --- of users
SUSPEND: Final = "suspend"
RESUME: Final = "resume"
CANCEL: Final = "cancel"
RETUNE: Final = "retune"
FIX: Final = "fix"
DELETE_JOB: Final = "delete-job"
RECREATE: Final = "recreate"
DELETE_NAMESPACE: Final = "delete-namespace"
DELETE_POD: Final = "delete-pod"
FORCE_DELETE: Final = "force-delete"
STRIP_LABELS: Final = "strip-labels"
STRIP_FINALIZER: Final = "strip-finalizer"
STRIP_OWNER: Final = "strip-owner"
FOREIGN_POD: Final = "foreign-pod"
DELETE_LETTER: Final = "delete-letter"
RESOLVE_LETTER: Final = "resolve-letter"
QUOTA: Final = "quota"
CROWD: Final = "crowd"
"""A job grows until only its status without long texts fits beside it."""

# --- of a crowd: a namespace with many jobs (crowd.py)
FLOOD: Final = "flood"
"""Many jobs at once. This follows from the scenario's jobs."""
HANG: Final = "hang"
"""A webhook for the pods of one namespace never answers."""
HANG_EVENTS: Final = "hang-events"
"""The same for its Events."""
# --- of tenants who mean harm, with ordinary rights in namespaces of their own
FORGED_POD: Final = "forged-pod"
"""A pod with the name, the labels, the finalizer and the controller reference of a job's pod, in another namespace."""
LOOK_ALIKE: Final = "look-alike"
"""A pod of another controller, or of none, with the labels of a job's pod."""
TAKEN_OVER: Final = "taken-over"
"""Another controller is written onto a job's pod."""
POINTED_ELSEWHERE: Final = "pointed-elsewhere"
"""The controller reference of a job's pod names another job, one of another namespace, or what no job can be named."""
FORGED_LETTER: Final = "forged-letter"
"""A dead letter that names a job of another namespace."""
FORGED_STOP: Final = "forged-stop"
"""The operator's stop reason, written by somebody else."""

# --- of what a platform team installs and of nodes that nobody tends; their rates are drawn apart from the others
DELETE_DENIED: Final = "delete-denied"
"""A policy denies the DELETE of pods for a while."""
UPDATE_DENIED: Final = "update-denied"
"""A required webhook for updates of pods is dead for a while."""
NODE_SILENT: Final = "node-silent"
"""A node is down, and its pods tolerate that: no controller deletes them."""

# --- of tenants whose objects are odd: values of any depth, size, number and text; their rates are drawn apart, too
ODD_JOB: Final = "odd-job"
"""A new job with an odd payload, or odd metadata on a job. Likewise for the other kinds."""
ODD_POD: Final = "odd-pod"
ODD_LETTER: Final = "odd-letter"
ODD_EVENT: Final = "odd-event"
"""An odd Event about a pod of a job."""

# --- of people with rights on the status, and of upgrades; their rates are drawn apart, too
OTHER_HASH: Final = "other-hash"
"""The hash in status.failedSpec is of another release or of another spec: the status comes from a backup."""
MOVE_MAIN: Final = "move-main"
"""spec.mainContainer names another container while a pod runs. In these histories every job has two containers."""

# --- of users who change their minds, and of kubelets that are slow; their rates are drawn apart, too
TAKEN_BACK: Final = "stop-taken-back"
"""A job is suspended, and resumed while its pod still ends."""
LATE_LAST_DELETE: Final = "late-last-delete"
"""A kubelet reports the end of a deleted pod, and sends its last DELETE, long after the containers have ended."""
HELD_DELETION: Final = "held-deletion"
"""A job that is deleted stays for long, for another client's finalizer holds it; it may be cancelled or suspended."""

# --- of users who cannot wait; their rates are drawn apart, too
RETRY_NOW: Final = "retry-now"
"""The annotation retry-now is put on a job, with a new value or with one that it had."""

# --- of operators and their Lease; their rates are drawn apart, too
ELECTION: Final = "election"
"""Operators stand for a Lease. This follows from the scenario, not from a rate, as does STANDBY."""
STANDBY: Final = "standby"
"""There are two of them at a time."""
LEASE_DELETED: Final = "lease-deleted"
LEASE_EDITED: Final = "lease-edited"
"""Another client writes into the Lease: another holder, none, another duration."""
PAUSED: Final = "paused"
"""A process stands still between its last look at its term and the first byte of a request, which is sent then."""

ISOLATED: Final = "isolated"
"""One of two operators does not reach the API server for a while; the other one does."""

OF_PROCESS: Final = (KILL, TERMINATE, STALL, CLOCK_JUMP, CLOCK_SKEW)
OF_NETWORK: Final = (
    SLOW, LOST_REQUEST, LOST_ANSWER, LATE_REQUEST, THROTTLED, FAILED, FAILED_AFTER, FAILED_EARLY, UNAVAILABLE,
    GARBLED, CONFLICTED, UNREACHABLE, UNAUTHORIZED, NOT_PERMITTED, OUTAGE,
)  # fmt: skip
OF_WATCHES: Final = (WATCH_CUT, WATCH_GONE, WATCH_LAG, LAGGING_START)
OF_NODES: Final = (
    UNSCHEDULABLE, REJECTED, NO_IMAGE, EVICTED, DRAINED, NODE_LOST, NODE_GONE, NODE_REBOOT, POD_GC, HUNG,
    HOOK_FAILED, INCOMPLETE, OVERTAKEN,
)  # fmt: skip
OF_PEOPLE: Final = (
    SUSPEND, RESUME, CANCEL, RETUNE, FIX, DELETE_JOB, RECREATE, DELETE_NAMESPACE, DELETE_POD, FORCE_DELETE,
    STRIP_LABELS, STRIP_FINALIZER, STRIP_OWNER, FOREIGN_POD, DELETE_LETTER, RESOLVE_LETTER, QUOTA,
    CROWD,
)  # fmt: skip
OF_ADMISSION: Final = (INJECTED,)
OF_CROWDS: Final = (FLOOD, HANG, HANG_EVENTS)
OF_TENANTS: Final = (FORGED_POD, LOOK_ALIKE, TAKEN_OVER, POINTED_ELSEWHERE, FORGED_LETTER, FORGED_STOP)
LATER: Final = (HOOK_FAILED, INCOMPLETE, OVERTAKEN, *OF_ADMISSION)
"""Troubles with random numbers of their own, so that they leave the histories of older seeds as they were."""
DRAWN: Final = (*OF_PROCESS, *OF_NETWORK, *OF_WATCHES, *OF_NODES, *OF_ADMISSION, *OF_PEOPLE, *OF_TENANTS)
"""Each with a rate of its own in a history; those of a crowd come together, and alone."""
EARLIER: Final = tuple(trouble for trouble in DRAWN if trouble not in {*LATER, *OF_TENANTS})
OF_PLATFORM: Final = (DELETE_DENIED, UPDATE_DENIED, NODE_SILENT)
ODD: Final = (ODD_JOB, ODD_POD, ODD_LETTER, ODD_EVENT)
OF_RELEASES: Final = (OTHER_HASH, MOVE_MAIN)
OF_STOPS: Final = (TAKEN_BACK, LATE_LAST_DELETE)
OF_FINALIZERS: Final = (HELD_DELETION,)
OF_VERBS: Final = (RETRY_NOW,)
OF_LEASES: Final = (LEASE_DELETED, LEASE_EDITED, PAUSED, ISOLATED)
ALL: Final = (
    *DRAWN, *OF_CROWDS, *OF_PLATFORM, *ODD, *OF_RELEASES, *OF_STOPS, *OF_FINALIZERS, *OF_VERBS, *OF_LEASES,
)  # fmt: skip
