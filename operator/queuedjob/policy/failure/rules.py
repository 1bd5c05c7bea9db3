"""What a rule of classification is: how an end is recognised, what it means, how it is worded. Pure.

The rules themselves, and their order, are in classification.py.
"""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from queuedjob.policy.facts import ContainerRole, StopReason
from queuedjob.policy.failure.classes import FailureClass
from queuedjob.policy.failure.evidence import LAST_WORDS, Evidence, last_words
from queuedjob.policy.failure.kubelet_kill import KillCause


class Action(enum.StrEnum):
    """What the person who finds the dead letter should do."""

    ALERT_DEVELOPER = "alert-developer"
    SKIP = "skip"
    CHECK_CREDENTIALS = "check-credentials"
    FIX_SPEC = "fix-spec"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the end of an attempt means, and why."""

    rule: str
    failure: FailureClass | None
    """None: the attempt succeeded."""
    reason: str
    """One word in CamelCase, for programs and columns."""
    message: str
    """For people; at most 2 KiB. Ends with the container's last words, if there are any."""
    action: Action | None = None
    retry_after: float = 0.0
    """Seconds that the next attempt waits at least."""

    @property
    def succeeded(self) -> bool:
        """The work is done."""
        return self.failure is None


Matcher = Callable[[Evidence], bool]
Words = Callable[[Evidence], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of end: how it is recognised, and what it means."""

    name: str
    failure: FailureClass | None
    matches: Matcher
    source: str
    """What the rule stands for and where it comes from, for the documentation."""
    reason: str | Words
    words: Words
    action: Action | None = None
    quoted: Words = lambda it: it.last_words
    """The last words that the message quotes."""
    retry_after: float = 0.0
    """Seconds that the next attempt waits at least."""
    about_deciding_container: bool = True
    """The rule is about the container whose end decides. If not, the reason that this container reports is not used."""

    def verdict(self, evidence: Evidence) -> Verdict:
        """Return the verdict of this rule on an end that it matches."""
        words = self.words(evidence)
        left = LAST_WORDS - len(words.encode("utf-8", "replace")) - len(_LINK)
        last = last_words(self.quoted(evidence), left) if left > 0 else ""
        message = last_words(f"{words}{_LINK}{last}" if last else words)
        asked = max(self.retry_after, evidence.reported.retry_after or 0.0)
        return Verdict(self.name, self.failure, self._reason(evidence), message, self.action, asked)

    def _reason(self, evidence: Evidence) -> str:
        """The reason that the job reports. If the attempt is not counted, the rule's reason: it explains more."""
        its_own = self.about_deciding_container and (self.failure is None or self.failure.counted)
        if its_own and evidence.reported.reason:
            return evidence.reported.reason
        return self.reason if isinstance(self.reason, str) else self.reason(evidence)


_LINK: Final = ": "


def job_says(failure: FailureClass) -> Rule:
    """The rule for a job that names this class, one of NAMEABLE, in its termination message."""
    return Rule(
        f"says-{_kebab(failure.name)}",
        failure,
        lambda it: it.reported.failure is failure,
        f'The job says so in its termination message: {{"class": "{failure.name}"}}.',
        lambda it: it.reported.reason or failure.name,
        of_exit,
        default_action(failure),
    )


def default_action(failure: FailureClass) -> Action | None:
    """Default: alert-developer for classes that are not retried."""
    return None if failure.retried else Action.ALERT_DEVELOPER


def _kebab(name: str) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", name).lower()


# --- what rules look at


def stopped_for(reason: StopReason) -> Matcher:
    """Match if we stopped the pod for this reason."""
    return lambda it: it.stop_reason == reason


def pod_reason_in(*reasons: str) -> Matcher:
    """Match the pod's own reason, as written by the kubelet."""
    return lambda it: it.pod_reason in reasons


def container_reason_in(*reasons: str) -> Matcher:
    """Match the reason of the deciding container's end."""
    return lambda it: it.container_reason in reasons


def exit_code_in(*codes: int) -> Matcher:
    """Match the exit code of the deciding container. A number that the kubelet made up never matches."""
    return lambda it: it.exit_code in codes


def killed_for(cause: KillCause) -> Matcher:
    """Match if the kubelet killed the main container for this cause."""
    return lambda it: it.kill is not None and it.kill.cause is cause


def signal_in(*signals: int) -> Matcher:
    """Match the signal that ended the deciding container's process."""
    return lambda it: it.signal in signals


# --- how rules word an end


_SIGNALS: Final = {
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    15: "SIGTERM",
}
"""Signal numbers of Linux (signal(7)), on whatever system the operator itself runs."""


def says(words: str) -> Words:
    """The same text, whatever happened."""
    return lambda _: words


def container_reason(it: Evidence) -> str:
    """The reason that Kubernetes gives for the end."""
    return it.container_reason or it.pod_reason or "Unknown"


def signal_name(it: Evidence) -> str:
    """The name of the signal, for example SIGSEGV; its number if it is not one of the signals that end jobs."""
    return _SIGNALS.get(it.signal, f"signal {it.signal}")


def of_exit(it: Evidence) -> str:
    """How the deciding container ended."""
    if it.exit_code is None:
        return it.pod_message or "The pod failed, and nothing says why"
    which = "Init container" if it.role is ContainerRole.INIT else "Container"
    why = ", ".join(
        part for part in (it.container_reason.removeprefix("Error"), signal_name(it) if it.signal else "") if part
    )
    return f"{which} {it.container} exited with {it.exit_code}" + (f" ({why})" if why else "")


def of_kill(it: Evidence) -> str:
    """Why the kubelet killed the main container, in the kubelet's words."""
    return f"Killed by the kubelet ({it.kill.words if it.kill is not None else ''})"


def of_pod(it: Evidence) -> str:
    """What the kubelet reported about the pod."""
    return it.pod_message or it.pod_reason


def exits(name: str, failure: FailureClass, code: int, source: str, reason: str, action: Action | None = None) -> Rule:
    """A rule for one exit code. Most of the codes are from sysexits.h."""
    return Rule(name, failure, exit_code_in(code), f"Exit {code}, {source}.", reason, of_exit, action)
