"""The objects of each job at the end, and what is wrong with them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from dev.chaos.api import Api, Object
from dev.chaos.case import JOBS, LETTERS, PODS, Case
from dev.chaos.judging import Evidence, judge
from dev.chaos.witness import condensed

_UID_LABEL: Final = "queuedjob.dev/job-uid"


@dataclass(frozen=True, slots=True)
class Finding:
    """A job for which a promise was broken."""

    case: Case
    evidence: Evidence
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.case.name}: {'; '.join(self.wrong)}"

    def whole(self) -> Iterator[str]:
        """Yield all that is known about the job, for users."""
        yield f"=== {self.case.name} ({self.case.uid})"
        yield from (f"  * {each}" for each in self.wrong)
        yield f"Its owner: {self.case}"
        for what, objects in (
            ("the job", [self.evidence.job]),
            ("its letters", self.evidence.letters),
            ("its pods", self.evidence.pods),
        ):
            yield f"--- {what}"
            yield from (yaml.safe_dump(_shown(each)) for each in objects if each is not None)
        yield "--- what its pods wrote"
        yield from condensed(self.evidence.lines)


async def gather(api: Api, cases: Iterable[Case]) -> dict[str, Evidence]:
    """Return the evidence by the job's name."""
    jobs = {job["metadata"]["name"]: job for job in await api.list(JOBS)}
    pods = _by(await api.list(PODS), lambda pod: pod["metadata"].get("labels", {}).get(_UID_LABEL, ""))
    letters = _by(await api.list(LETTERS), lambda letter: letter["spec"]["jobRef"]["uid"])
    return {
        case.name: Evidence(case.kind.expected, jobs.get(case.name), pods[case.uid], letters[case.uid], case.lines())
        for case in cases
    }


def findings(cases: Iterable[Case], evidence: Mapping[str, Evidence]) -> list[Finding]:
    found = ((case, evidence[case.name]) for case in cases)
    judged = ((case, there, judge(there)) for case, there in found)
    return [Finding(case, there, tuple(wrong)) for case, there, wrong in judged if wrong]


def _by(objects: Iterable[Object], key: Callable[[Object], str]) -> defaultdict[str, list[Object]]:
    found: defaultdict[str, list[Object]] = defaultdict(list)
    for each in objects:
        found[key(each)].append(each)
    return found


def _shown(thing: Object) -> Object:
    """Return the object without the fields that no reader needs."""
    return {**thing, "metadata": {key: value for key, value in thing["metadata"].items() if key != "managedFields"}}
