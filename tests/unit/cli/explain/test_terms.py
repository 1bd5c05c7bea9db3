from typing import Any

from queuedjob.api.kinds.queuedjob import JobSpec
from queuedjob.cli.explain.terms import terms_of


def told(**spec: Any) -> dict[str, tuple[object, bool]]:  # noqa: ANN401 - any JSON
    """Field -> value, and whether the job says so itself."""
    terms = terms_of(JobSpec.model_validate({"template": {}, **spec}), spec)
    return {explanation.field: (explanation.value, not explanation.default) for explanation in terms}


def test_terms_per_class_are_shown_under_their_class() -> None:
    each = [{"class": "Unknown", "maxAttempts": 3}, {"class": "RateLimited", "backoff": {"initial": "1m"}}]
    of_class = {
        field.removeprefix("retry.perClass."): value
        for field, value in told(retry={"perClass": each}).items()
        if field.startswith("retry.perClass")
    }
    assert of_class["Unknown.maxAttempts"] == (3, True)
    assert of_class["RateLimited.backoff.initial"] == ("1m", True)
    assert of_class["RateLimited.backoff.max"] == ("5m", False)
    assert of_class["RateLimited.maxAttempts"] == (None, False)


def test_a_spec_without_terms_per_class_shows_the_built_in_ones() -> None:
    of_class = {field: value for field, value in told().items() if "perClass" in field}
    assert of_class["retry.perClass.Unknown.maxAttempts"] == (5, False)
    assert of_class["retry.perClass.Crash.backoff.initial"] == ("10s", False)
    own = told(retry={"maxAttempts": 3, "backoff": {"initial": "1m"}})
    assert not [field for field in own if "perClass" in field], "what the spec says of all classes holds for all"
