"""All manifests that install the API into a cluster, by file."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from queuedjob.api.kinds import KINDS
from queuedjob.api.kinds.kind import Kind
from queuedjob.api.manifests.admission.containers import TEMPLATE
from queuedjob.api.manifests.admission.freeze import FREEZE
from queuedjob.api.manifests.admission.leadership import FENCE, FENCE_OF_LETTERS, LEASE_OF_OPERATORS
from queuedjob.api.manifests.admission.operator_confined import CONFINED
from queuedjob.api.manifests.admission.per_class import PER_CLASS
from queuedjob.api.manifests.admission.pod_evidence import EVIDENCE, EVIDENCE_BY_STATUS
from queuedjob.api.manifests.admission.record import OWNERS, RECORD
from queuedjob.api.manifests.admission.sizes import SIZES
from queuedjob.api.manifests.admission.terms import TERMS
from queuedjob.api.manifests.admission.user_rules import OWN_RULES
from queuedjob.api.manifests.admission.verbs import VERBS
from queuedjob.api.manifests.crds import crd
from queuedjob.api.manifests.rbac import lease_role, operator_role, user_roles

POLICIES: Final = (
    SIZES,
    TEMPLATE,
    TERMS,
    OWN_RULES,
    PER_CLASS,
    FREEZE,
    VERBS,
    RECORD,
    OWNERS,
    EVIDENCE,
    EVIDENCE_BY_STATUS,
    CONFINED,
    FENCE,
    FENCE_OF_LETTERS,
    LEASE_OF_OPERATORS,
)


def manifests(kinds: Sequence[Kind] = KINDS) -> Mapping[str, Sequence[dict[str, Any]]]:
    """Map each file's path below the project's root to the documents in the file."""
    with_policies = sorted({policy.scope.file for policy in POLICIES})
    return {
        **{f"crds/{kind.plural}.yaml": (crd(kind, pod_template()),) for kind in kinds},
        **{f"policies/{file}.yaml": _documents(file) for file in with_policies},
        "rbac/operator.yaml": (operator_role(kinds),),
        "rbac/lease.yaml": (lease_role(),),
        "rbac/users.yaml": user_roles(kinds),
    }


@cache
def pod_template() -> Mapping[str, Any]:
    """The schema of a pod template, as the API server of a recent release publishes it."""
    schema: Mapping[str, Any] = json.loads(files("queuedjob.api.manifests").joinpath("pod_template.json").read_text())
    return schema


def _documents(file: str) -> Sequence[dict[str, Any]]:
    """List each policy of a file, followed by its binding."""
    return [document for policy in POLICIES if policy.scope.file == file for document in policy.documents()]
