"""The record in a cluster's folder. It is written before anything else, so that `down` knows what kind it was."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dev.cluster import places
from dev.cluster.options import Where

_FILE = "cluster.json"


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one cluster, of whatever kind."""

    name: str
    where: Where
    kubeconfig: str
    kubectl: str
    number: int = -1
    """The number of its addresses, if it is local."""

    ready: bool = False
    """Whether it was up once (for a local cluster its plan file shows that). It may have ended since."""

    def numbered(self, number: int) -> "Record":
        return replace(self, number=number)


def read(name: str) -> Record | None:
    """Return the record, or None when there is none or it is incomplete."""
    try:
        fields = json.loads((places.folder(name) / _FILE).read_text())
        return Record(**{**fields, "where": Where(fields["where"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def write(record: Record) -> None:
    """Write the record, complete or not at all."""
    folder = places.folder(record.name)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_FILE}.part"
    part.write_text(json.dumps(asdict(record), indent=1) + "\n")
    part.replace(folder / _FILE)


def names() -> list[str]:
    """Return the name of every cluster that has a folder."""
    clusters: Path = places.state() / "clusters"
    return sorted(path.name for path in clusters.iterdir()) if clusters.is_dir() else []
