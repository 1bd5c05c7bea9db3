"""The ConfigMap that teaches Argo CD our kinds: the Lua scripts below gitops/argocd, as its keys."""

from pathlib import Path
from typing import Any, Final

import yaml

from queuedjob.api.kinds import KINDS
from queuedjob.api.names import GROUP

PATH: Final = Path("gitops/argocd/argocd-cm.yaml")
SCRIPTS: Final = Path(__file__).parents[2] / "gitops/argocd" / GROUP
"""A folder a kind, laid out as Argo CD's own resource_customizations are."""

_HEADER: Final = "# Generated from the scripts below gitops/argocd by `make generate`: change them there.\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def text() -> str:
    """Return the text of the generated file."""
    data: dict[str, str] = {}
    for kind in KINDS:
        folder = SCRIPTS / kind.kind
        data[f"resource.customizations.health.{GROUP}_{kind.kind}"] = (folder / "health.lua").read_text()
        data[f"resource.customizations.actions.{GROUP}_{kind.kind}"] = _dumped(_actions(folder / "actions"))
    labels = {"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": "argocd-cm", "namespace": "argocd", "labels": labels}
    return _HEADER + _dumped({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def _actions(folder: Path) -> dict[str, Any]:
    scripts = sorted(folder.glob("*/action.lua"))
    return {
        "discovery.lua": (folder / "discovery.lua").read_text(),
        "definitions": [{"name": script.parent.name, "action.lua": script.read_text()} for script in scripts],
    }


def _dumped(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110)
