from dataclasses import replace

import pytest

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.api.types import limits
from queuedjob.policy.failure import user_patterns
from queuedjob.policy.job.judgement import Judgement
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import JudgeEnd, WriteStatus
from tests.builders import a_job, facts

COSTLY = r"\p{Han}" * limits.COSTLY_PARTS


def terms(*patterns: str) -> JobTerms:
    rules = [{"name": f"r{i}", "messageMatches": p, "class": "Crash"} for i, p in enumerate(patterns)]
    return JobTerms.model_validate({"failurePolicy": {"rules": rules}})


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The patterns that were compiled. No cache of patterns keeps any, as if thousands of jobs had their own."""
    seen: list[str] = []
    compile_one = user_patterns._compiled.__wrapped__

    def counted(pattern: str) -> object:
        seen.append(pattern)
        return compile_one(pattern)

    monkeypatch.setattr(user_patterns, "_compiled", counted)
    monkeypatch.setattr(user_patterns, "_known", user_patterns._known.__wrapped__)
    return seen


def test_a_plan_on_a_judged_job_compiles_nothing(compiled: list[str]) -> None:
    job = replace(a_job(), terms=terms("no such host", "(", r"\pL+"))
    judgement = Judgement(job)
    assert len(compiled) >= 3
    compiled.clear()
    for at in range(5):
        plan(replace(facts(job, job.pod().running(), at=at), judgement=judgement))
    assert compiled == []


def test_an_ended_pod_that_waits_for_its_settling_is_classified_once(compiled: list[str]) -> None:
    job = replace(a_job(), terms=terms("no such host", "refused"))
    judgement = Judgement(job)
    ended = facts(job, job.pod().exited(1, message="connection refused"))
    compiled.clear()
    first = plan(replace(ended, judgement=judgement))
    assert isinstance(first, WriteStatus)
    assert first.status.attempts[0].rule == "r1"
    assert compiled
    compiled.clear()
    assert plan(replace(ended, judgement=judgement)) == first
    assert compiled == []


def test_an_end_is_classified_apart_from_the_plan_if_the_job_has_patterns() -> None:
    """To search with patterns may take 0.3 s, in which no other job and no probe would be served."""
    job = replace(a_job(), terms=terms("refused"))
    judgement = Judgement(job, apart=True)
    ended = replace(facts(job, job.pod().exited(1, message="connection refused")), judgement=judgement)
    step = plan(ended)
    assert isinstance(step, JudgeEnd)
    judgement.verdict(step.evidence)
    write = plan(ended)
    assert isinstance(write, WriteStatus)
    assert write.status.attempts[0].rule == "r0"
    judgement.forget()
    assert plan(ended) == step, "another end is judged anew"


def test_a_job_without_patterns_is_judged_in_its_plan() -> None:
    job = a_job()
    ended = replace(facts(job, job.pod().exited(1)), judgement=Judgement(job, apart=True))
    assert isinstance(plan(ended), WriteStatus)


def test_another_end_is_classified_anew() -> None:
    job = replace(a_job(), terms=terms("refused"))
    judgement = Judgement(job)
    for message, rule in (("refused", "r0"), ("", "unknown"), ("refused", "r0")):
        step = plan(replace(facts(job, job.pod().exited(1, message=message)), judgement=judgement))
        assert isinstance(step, WriteStatus)
        assert step.status.attempts[0].rule == rule


@pytest.mark.parametrize(
    ("patterns", "flawed"),
    [
        pytest.param([COSTLY], [], id="as many costly parts as may be"),
        pytest.param([COSTLY, r"\pN", "plain"], ["r1", "r2"], id="one costly part more, and what follows"),
        pytest.param(["a{3}" * limits.COSTLY_PARTS, "b{2}"], ["r1"], id="counted repetitions count, too"),
        pytest.param(["[xy]*" * 200] * 8, [], id="as many characters as may be"),
        pytest.param([*["[xy]*" * 204] * 8, "y" * 33], ["r8"], id="one character more"),
    ],
)
def test_patterns_over_the_budget_are_named_and_not_compiled(
    compiled: list[str], patterns: list[str], flawed: list[str]
) -> None:
    assert over_the_budget(Judgement(replace(a_job(), terms=terms(*patterns)))) == flawed
    assert not {patterns[int(name[1:])] for name in flawed} & set(compiled)


def over_the_budget(judgement: Judgement) -> list[str]:
    """The rules that are said to be over the budget of patterns, of the first nine."""
    said = {warning.kind: warning.message for warning in judgement.warnings}.get("FailurePolicyInvalid", "")
    return [name for name in (f"r{i}" for i in range(9)) if f"{name} (the patterns of the job have more than" in said]


@pytest.mark.parametrize(
    ("patterns", "flawed"),
    [
        pytest.param([r"\pL", r"\pN", r"\pS"], [], id="as many steps as three classes of Unicode have"),
        pytest.param(["x{1,1000}", "y{1,1000}", "z{95}", "plain"], ["r2", "r3"], id="too many, and what follows"),
    ],
)
def test_patterns_of_too_many_steps_are_named_and_nothing_after_them_is_compiled(
    compiled: list[str], patterns: list[str], flawed: list[str]
) -> None:
    assert over_the_budget(Judgement(replace(a_job(), terms=terms(*patterns)))) == flawed
    assert not {patterns[int(name[1:])] for name in flawed[1:]} & set(compiled)
