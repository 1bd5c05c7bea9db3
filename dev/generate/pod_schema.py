"""The schema of a pod template, from an API server's own OpenAPI: `python -m dev.generate.pod_schema`.

It is structural, as a CRD requires, and as cheap for the API server as no schema at all: references are resolved;
there are no descriptions and no defaults; every list is atomic. The file is checked in, so that nothing else needs a
cluster (`make pod-schema`).
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from dev.cluster import Options, Profile, Where, down, up

Schema: TypeAlias = dict[str, Any]

CHECKED_IN: Final = Path(__file__).parents[2] / "operator/queuedjob/api/manifests/pod_template.json"
CLUSTER: Final = "pod-schema"
CORE: Final = "/openapi/v3/api/v1"
ROOT: Final = "io.k8s.api.core.v1.PodTemplateSpec"

_KEPT_AS_THEY_ARE: Final = ("type", "format", "enum", "required")

_OWN_WORDS: Final[Mapping[str, Schema]] = {
    # A Pod accepts cpu: 0.5, which int-or-string refuses. Without a type, the pattern applies to strings only.
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
        "x-kubernetes-preserve-unknown-fields": True,
        "pattern": "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"x-kubernetes-int-or-string": True},
}

_ONLY: Final[Mapping[str, frozenset[str]]] = {
    # The fields that controllers of Kubernetes, and ours, take over from a template; they ignore the rest.
    # creationTimestamp is there (as null) in what kubectl generates.
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": frozenset(
        {"labels", "annotations", "finalizers", "creationTimestamp"}
    ),
}

_WITHOUT: Final[Mapping[str, frozenset[str]]] = {
    # No pod can be created with these fields.
    "io.k8s.api.core.v1.PodSpec": frozenset({"ephemeralContainers"}),
}


def pod_template(openapi: Mapping[str, Any]) -> Schema:
    """Return the schema of a pod template in an API server's OpenAPI v3 document of the core group."""
    template = _named(ROOT, openapi["components"]["schemas"])
    template["properties"]["spec"]["properties"]["containers"]["minItems"] = 1
    return {**template, "required": ["spec"], "x-kubernetes-map-type": "atomic"}


def _named(name: str, schemas: Mapping[str, Schema]) -> Schema:
    if name in _OWN_WORDS:
        return dict(_OWN_WORDS[name])
    schema = _structural(schemas[name], schemas)
    only, without = _ONLY.get(name), _WITHOUT.get(name, frozenset())
    if "properties" in schema:
        schema["properties"] = {
            key: value
            for key, value in schema["properties"].items()
            if key not in without and (only is None or key in only)
        }
    return schema


def _structural(node: Schema, schemas: Mapping[str, Schema]) -> Schema:
    if "$ref" in node:
        return _named(node["$ref"].rpartition("/")[2], schemas)
    if "allOf" in node:
        (reference,) = node["allOf"]
        return _structural(reference, schemas)
    schema: Schema = {key: node[key] for key in _KEPT_AS_THEY_ARE if key in node}
    if "properties" in node:
        schema["properties"] = {key: _structural(value, schemas) for key, value in sorted(node["properties"].items())}
    for key in ("items", "additionalProperties"):
        if key in node:
            schema[key] = _structural(node[key], schemas)
    return schema


def serialised(template: Schema) -> str:
    """Return the text of the checked-in file; a new version of Kubernetes then shows as a diff of lines."""
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


def fetch(*kubectl: str) -> Schema:
    """Return the schema of the API server that this kubectl command line uses. Raises CalledProcessError."""
    answer = subprocess.run([*kubectl, "get", "--raw", CORE], check=True, stdout=subprocess.PIPE)
    return pod_template(json.loads(answer.stdout))


def main() -> int:
    """Write the checked-in schema again, from the pinned Kubernetes; its cluster is up for this alone."""
    cluster = up(CLUSTER, Options(profile=Profile.API), where=Where.LOCAL)
    try:
        CHECKED_IN.write_text(serialised(fetch(str(cluster.kubectl), f"--kubeconfig={cluster.kubeconfig}")))
    finally:
        down(CLUSTER)
    print(f"{CHECKED_IN} written; now: make generate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
