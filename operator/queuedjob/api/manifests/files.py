"""All manifests that install the API into a cluster, by file."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from queuedjob.api.manifests.admission.freeze import FREEZE
from queuedjob.api.manifests.admission.per_class import PER_CLASS
from queuedjob.api.manifests.admission.policy import Policy
from queuedjob.api.manifests.admission.record import RECORD
from queuedjob.api.manifests.admission.terms import TERMS
from queuedjob.api.manifests.admission.user_rules import OWN_RULES
from queuedjob.api.manifests.crds import deadletter_crd, queuedjob_crd
from queuedjob.api.manifests.rbac import operator_role, user_roles

JOB_POLICIES: Final = (TERMS, OWN_RULES, PER_CLASS, FREEZE)
LETTER_POLICIES: Final = (RECORD,)


def manifests() -> Mapping[str, Sequence[dict[str, Any]]]:
    """Map each file's path below the project's root to the documents in the file."""
    pod_template = json.loads(files("queuedjob.api.manifests").joinpath("pod_template.json").read_text())
    return {
        "crds/queuedjobs.yaml": (queuedjob_crd(pod_template),),
        "crds/deadletters.yaml": (deadletter_crd(),),
        "policies/queuedjobs.yaml": _documents(JOB_POLICIES),
        "policies/deadletters.yaml": _documents(LETTER_POLICIES),
        "rbac/operator.yaml": (operator_role(),),
        "rbac/users.yaml": user_roles(),
    }


def _documents(policies: Sequence[Policy]) -> Sequence[dict[str, Any]]:
    """List each policy, followed by its binding."""
    return [document for policy in policies for document in policy.documents()]
