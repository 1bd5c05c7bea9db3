"""Every manifest that installs the API into a cluster, by the file that holds it."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from queuedjob.api.crds import deadletter_crd, queuedjob_crd
from queuedjob.api.policies import letter_policies, policies
from queuedjob.api.rbac import operator_role, user_roles


def manifests() -> Mapping[str, Sequence[dict[str, Any]]]:
    """Path below the project's root -> the documents in that file."""
    pod_template = json.loads(files("queuedjob.api").joinpath("pod_template.json").read_text())
    return {
        "crds/queuedjobs.yaml": (queuedjob_crd(pod_template),),
        "crds/deadletters.yaml": (deadletter_crd(),),
        "policies/queuedjobs.yaml": policies(),
        "policies/deadletters.yaml": letter_policies(),
        "rbac/operator.yaml": (operator_role(),),
        "rbac/users.yaml": user_roles(),
    }
