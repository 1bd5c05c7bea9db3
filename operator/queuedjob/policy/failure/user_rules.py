"""A job's own rules, spec.failurePolicy.rules, as rules of the chain. Pure.

All matchers of a rule must match. With `container` the matchers look only at the end of that container.
"""

from queuedjob.api.kinds.queuedjob import FailurePolicy
from queuedjob.api.kinds.queuedjob import Rule as Asked
from queuedjob.policy.failure.classes import NAMEABLE
from queuedjob.policy.failure.evidence import ContainerEnd, Evidence
from queuedjob.policy.failure.rules import Action, Rule, container_reason, default_action, of_exit, of_pod
from queuedjob.policy.failure.termination_message import read_termination_message
from queuedjob.policy.failure.user_patterns import flaws_of, found


def user_rules(policy: FailurePolicy) -> tuple[Rule, ...]:
    """Return the rules in order. A rule whose pattern cannot be read is left out: its meaning is unknown."""
    return tuple(_rule(asked) for asked, flaw in zip(policy.rules, flaws_of(policy), strict=True) if not flaw)


def _rule(asked: Asked) -> Rule:
    failure = NAMEABLE[asked.class_]
    action = Action(asked.action) if asked.action else default_action(failure)
    own_end = asked.container is not None
    return Rule(
        asked.name,
        failure,
        lambda it: _matches(asked, it),
        "The job's own failurePolicy.",
        lambda it: _reason(asked, it),
        (lambda it: _told(_end(asked, it))) if own_end else _how,
        action,
        (lambda it: _words(asked, it)) if own_end else (lambda it: it.last_words),
        asked.retry_after or 0.0,
        about_deciding_container=not own_end,
    )


def _matches(asked: Asked, it: Evidence) -> bool:
    if asked.container is None:
        whole = (end.text for end in it.ends if end.name == it.container)  # for example JSON lines of a log
        return _all_match(asked, it.exit_code, _reasons(it), (it.last_words, *whole))
    end = next((each for each in it.ends if each.name == asked.container), None)
    if end is None:
        return False
    read_from_its_log = (it.last_words,) if end.name == it.container else ()
    return _all_match(asked, end.exit_code, (end.reason,), (end.text, *read_from_its_log))


def _all_match(asked: Asked, exit_code: int | None, reasons: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    pattern = asked.message_matches
    given = (
        not asked.exit_codes or exit_code in asked.exit_codes,
        not asked.reasons or any(reason in asked.reasons for reason in reasons),
        pattern is None or any(found(pattern, text) for text in dict.fromkeys(texts)),
    )
    return all(given)


def _reasons(it: Evidence) -> tuple[str, ...]:
    """All reasons that were given for the end, the most precise reason first."""
    given = (it.reported.reason, it.container_reason, it.waiting_reason, it.pod_reason, it.disruption)
    return tuple(each for each in given if each)


def _reason(asked: Asked, it: Evidence) -> str:
    """The reason that matched; if the rule names no reason, the reason that Kubernetes gives."""
    if asked.container is not None:
        return _end(asked, it).reason or "Unknown"
    return next((each for each in _reasons(it) if each in asked.reasons), container_reason(it))


def _how(it: Evidence) -> str:
    """How the deciding container ended; if its end is not known, what happened to its pod."""
    if it.exit_code is not None:
        return of_exit(it)
    return it.disruption_message or of_pod(it) or it.waiting_message or of_exit(it)


def _end(asked: Asked, it: Evidence) -> ContainerEnd:
    return next(each for each in it.ends if each.name == asked.container)


def _words(asked: Asked, it: Evidence) -> str:
    """The words of the rule's container, then those of the container whose end decides: both may name the cause."""
    own = read_termination_message(_end(asked, it).text).words
    if it.container == asked.container or not it.last_words:
        return own
    deciding = f"{of_exit(it)}: {it.last_words}"
    return f"{own}\n{deciding}" if own else deciding


def _told(end: ContainerEnd) -> str:
    code = "an unknown code" if end.exit_code is None else str(end.exit_code)
    why = end.reason.removeprefix("Error")
    return f"Container {end.name} exited with {code}" + (f" ({why})" if why else "")
