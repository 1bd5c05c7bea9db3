"""Policies on leadership: a fence refuses what a former leader creates, and the Lease is the operators' alone.

Time alone is no fence: a leader may be paused between its last look at its term and the first byte of a request, for
longer than its term lasts. What an operator creates bears its term, and the API server compares it with the Lease.
Where there is no Lease, nothing of any term is created: so only objects that bear one may be chosen.
"""

from dataclasses import replace
from typing import Final

from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.api.manifests.admission.marks import may
from queuedjob.api.manifests.admission.policy import LETTERS, Check, Param, Policy, Scope
from queuedjob.api.names import LEASE, NAMESPACE, TERM_LABEL

_TERM: Final = f"object.metadata.labels['{TERM_LABEL}']"
_HOLDER: Final = "params.?spec.?holderIdentity.orValue('')"

_OF_THE_HOLDER: Final = (
    Check(
        f"{_TERM} == {_HOLDER}",
        f"{TERM_LABEL}: the term {{{_TERM}}} is over, and another operator may lead; only the holder of the Lease "
        f"{NAMESPACE}/{LEASE} creates objects with this label; leave it out",
    ),
)

_THE_LEASE: Final = Param("coordination.k8s.io/v1", "Lease", NAMESPACE, LEASE)

FENCE: Final = Policy(
    "queuedjob-term",
    ("CREATE",),
    {},
    _OF_THE_HOLDER,
    scope=Scope("", "v1", ("pods",), label=TERM_LABEL),
    param=_THE_LEASE,
)
FENCE_OF_LETTERS: Final = Policy(
    "queuedjob-term-of-letters",
    ("CREATE",),
    {},
    _OF_THE_HOLDER,
    scope=replace(LETTERS, label=TERM_LABEL),
    param=_THE_LEASE,
)

LEAD: Final = "lead"
"""The verb on queuedjobs, where the Lease is, that lets a user write the Lease. No request needs it."""

_IS_THE_LEASE: Final = {"is-the-lease": f"request.name == '{LEASE}'"}
_CLEANER: Final = "system:serviceaccount:kube-system:namespace-controller"

_BY_AN_OPERATOR: Final = (
    Check(
        f"{may(LEAD, QUEUEDJOB.plural)} || request.userInfo.username == '{_CLEANER}'",
        f"a Lease named {LEASE} says which operator of QueuedJobs leads: only who has the verb {LEAD} on queuedjobs in "
        "its namespace (the role queuedjob-operator-lease) writes or deletes it; choose another name",
    ),
)

LEASE_OF_OPERATORS: Final = Policy(
    "queuedjob-lease",
    ("UPDATE", "DELETE"),
    _IS_THE_LEASE,
    _BY_AN_OPERATOR,
    scope=Scope("coordination.k8s.io", "v1", ("leases",)),
)
