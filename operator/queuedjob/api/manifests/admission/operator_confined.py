"""Holds an operator to the pods of QueuedJobs: its role alone would let it create and change any pod of its namespaces.

An operator is known by the verb `operate` on queuedjobs, which its role gives and nothing else asks for; so it is held
whatever its user's name is. A user who may do everything to queuedjobs is an administrator, and is not held.
"""

from typing import Final

from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.api.manifests.admission.marks import OURS, belongs_to_a_job, is_our_controller, may, part
from queuedjob.api.manifests.admission.policy import Check, Policy, Scope
from queuedjob.api.names import FINALIZER

OPERATE: Final = "operate"
"""The verb on queuedjobs that makes a user an operator. No request needs it."""

FORBIDDEN: Final = ("kube-system", "kube-public", "kube-node-lease")
"""Namespaces of the cluster itself. An operator may start no pods there, nor in the namespace of its own user."""

_ACCOUNT: Final = "system:serviceaccount:"
_USER: Final = "request.userInfo.username"

_IS_AN_OPERATOR: Final = {
    # The users that write most pods of a cluster are told by their names, which costs less than to ask the authorizer.
    "is-an-operator": f"(!{_USER}.startsWith('system:') || {_USER}.startsWith('{_ACCOUNT}') && "
    f"!{_USER}.startsWith('{_ACCOUNT}kube-system:')) && {may(OPERATE, QUEUEDJOB.plural)} && "
    f"!{may('*', QUEUEDJOB.plural)}",
}


_MANY: Final = 500
"""Labels, annotations or finalizers above which they are not compared one by one: a tenant may write thousands of them
onto a pod, and the operator's writes have to stay cheap (marks.py). An object has room for 200,000 finalizers. Were
they compared, CEL's budget could run out, and the policy would refuse the operator's own patches to that pod: the pod
could not go, and its job would wait for it."""


def _foreign(field: str) -> str:
    """CEL for the paths of labels or annotations that are not ours and are added, changed or removed."""
    new, old = part("object", field), part("oldObject", field)
    theirs = f"filter(x, !x.startsWith('{OURS}'))"
    return (
        f"{new} == {old} || size({new}) > {_MANY} ? [] : ({new}.{theirs}.filter(x, !(x in {old} && {new}[x] == "
        f"{old}[x])) + {old}.{theirs}.filter(x, !(x in {new}))).map(x, 'metadata.{field}[' + x + ']')"
    )


_FINALIZERS: Final = "metadata.?finalizers.orValue([])"


def _keeps_finalizers() -> str:
    """CEL for: no finalizer but ours is added or removed. Of very many, only the number is compared."""
    new, old = f"object.{_FINALIZERS}", f"oldObject.{_FINALIZERS}"
    others = f"filter(x, x != '{FINALIZER}')"
    return (
        f"{new} == {old} || (size({old}) > {_MANY} ? size({new}) >= size({old}) - 1 : {new}.{others} == {old}.{others})"
    )


_VARIABLES: Final = {
    "foreign": "request.operation != 'UPDATE' ? [] : "
    f"({_foreign('labels')}) + ({_foreign('annotations')})"
    f" + ({_keeps_finalizers()} ? [] : ['metadata.finalizers'])"
    " + (object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences ? [] : ['metadata.ownerReferences'])"
    " + (object.spec == oldObject.spec ? [] : ['spec'])",
}

_CHECKS: Final = (
    Check(
        f"request.operation != 'CREATE' || !(request.namespace in {list(FORBIDDEN)} || "
        f"{_USER}.startsWith('{_ACCOUNT}' + request.namespace + ':'))",
        "the operator starts no pods in the namespaces of the cluster, nor in its own; create the QueuedJob in another "
        "namespace than {request.namespace}",
    ),
    Check(
        "request.operation != 'CREATE' || (object.metadata.?ownerReferences.orValue([]).size() == 1 && "
        f"object.metadata.ownerReferences.all(x, {is_our_controller('x')}) && '{FINALIZER}' in object.{_FINALIZERS})",
        "an operator creates pods of QueuedJobs only: metadata.ownerReferences has to have one entry, a QueuedJob as "
        f"controller, and metadata.finalizers has to have {FINALIZER}; if a mutating webhook adds an owner, exempt "
        "the operator's requests from it",
    ),
    Check(
        f"request.operation == 'CREATE' || {belongs_to_a_job('oldObject')}",
        "an operator changes and deletes pods of QueuedJobs only; this pod has neither their owner nor their marks",
    ),
    Check(
        "size(variables.foreign) == 0",
        f"an operator changes only labels, annotations and the finalizer below {OURS} on a pod; this request changes "
        "{variables.foreign.join(', ')}; if a mutating webhook does that, exempt the operator's requests from it",
    ),
)

CONFINED: Final = Policy(
    "operator-confined",
    ("CREATE", "UPDATE", "DELETE"),
    _IS_AN_OPERATOR,
    _CHECKS,
    _VARIABLES,
    Scope("", "v1", ("pods",)),
)
