"""Which fields of a refused pod the spec does not set. The causes are those of a Kubernetes 1.36 API server."""

import pytest

from queuedjob.kube.client.errors import error_of
from queuedjob.kube.client.wire import Cause
from queuedjob.kube.objects.pod_refusals import CreateErrorKind, create_error_of
from queuedjob.kube.objects.refused_fields import as_in_the_spec, filled_in
from queuedjob.ports import Body
from tests.unit.kube.client.scripted import failure

MEMORY = 'Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi'
REQUESTS = "spec.containers[0].resources.requests"


def a_pod(**main: object) -> Body:
    return {"metadata": {"labels": {"a/b.c": "x y"}}, "spec": {"containers": [{"name": "main", **main}]}}


ASKING = a_pod(resources={"requests": {"memory": "2Gi"}})
LIMITED = a_pod(resources={"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}})


@pytest.mark.parametrize(
    ("pod", "cause", "found"),
    [
        pytest.param(
            ASKING,
            ("FieldValueInvalid", REQUESTS, MEMORY),
            ("spec.containers[0].resources.limits[memory]",),
            id="a LimitRange has filled in the limit",
        ),
        pytest.param(LIMITED, ("FieldValueInvalid", REQUESTS, MEMORY), (), id="the spec has both"),
        pytest.param(
            a_pod(resources={"limits": {"memory": "1Gi"}}),
            ("FieldValueInvalid", REQUESTS, MEMORY),
            (REQUESTS,),
            id="a LimitRange has filled in the request",
        ),
        pytest.param(a_pod(image=""), ("FieldValueRequired", "spec.containers[0].image", "no"), (), id="empty"),
        pytest.param(a_pod(), ("FieldValueRequired", "spec.containers[0].image", "no"), (), id="missing"),
        pytest.param(
            a_pod(),
            ("FieldValueRequired", "spec.containers[1].image", "Required value"),
            ("spec.containers[1]",),
            id="missing in a container that a webhook added",
        ),
        pytest.param(
            a_pod(), ("FieldValueInvalid", "spec.tolerations[0].key", "no"), ("spec.tolerations[0].key",), id="added"
        ),
        pytest.param(a_pod(), ("FieldValueInvalid", "metadata.labels[a/b.c]", "no"), (), id="a key with dots"),
        pytest.param(a_pod(), ("FieldValueInvalid", "metadata.labels", "no"), (), id="a map as a whole"),
        pytest.param(a_pod(), ("FieldValueForbidden", "spec", "no"), (), id="the spec as a whole"),
        pytest.param(a_pod(), ("FieldValueInvalid", "", "no"), (), id="no field is named"),
        pytest.param(
            a_pod(resources={"limits": {"memroy": "1Gi"}}),
            ("FieldValueInvalid", f"{REQUESTS}[memroy]", "no"),
            (),
            id="a request that the API server sets as the limit",
        ),
        pytest.param(
            a_pod(resources={"limits": {"cpu": "1"}}),
            ("FieldValueInvalid", f"{REQUESTS}[memroy]", "no"),
            (f"{REQUESTS}[memroy]",),
            id="a request without a limit",
        ),
        pytest.param(
            a_pod(volumeMounts=[{"name": "v"}, {"name": "w", "subPath": "../y"}]),
            ("FieldValueInvalid", "spec.containers[0].volumeMounts.subPath", "no"),
            (),
            id="a list without an index",
        ),
        pytest.param(
            a_pod(volumeMounts=[{"name": "v"}]),
            ("FieldValueInvalid", "spec.containers[0].volumeMounts.subPath", "no"),
            ("spec.containers[0].volumeMounts.subPath",),
            id="a list without an index, of which no item has it",
        ),
        pytest.param(
            {"spec": {"topologySpreadConstraints": [{}, {}]}},
            ("FieldValueDuplicate", "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}", "no"),
            (),
            id="two fields at once",
        ),
        pytest.param(
            {"spec": {"topologySpreadConstraints": []}},
            ("FieldValueDuplicate", "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}", "no"),
            ("spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}",),
            id="two fields at once, of an item that was added",
        ),
        pytest.param(
            {"spec": {"hostNetwork": True, "containers": [{}, {"ports": [{"containerPort": 81}]}]}},
            ("FieldValueDuplicate", "spec.containers[1].ports[0].hostPort", "no"),
            (),
            id="a port of the host's network",
        ),
        pytest.param(
            {"spec": {"containers": [{}, {"ports": [{"containerPort": 81}]}]}},
            ("FieldValueDuplicate", "spec.containers[1].ports[0].hostPort", "no"),
            ("spec.containers[1].ports[0].hostPort",),
            id="a port of the host that was added",
        ),
        pytest.param(
            {"spec": {"resources": {"limits": {"cpu": "1"}}, "containers": [{}]}},
            ("FieldValueInvalid", "spec.resources.containers[0][cpu].limits", "no"),
            (),
            id="resources of the pod",
        ),
        pytest.param(
            {"spec": {"containers": [{}]}},
            ("FieldValueInvalid", "spec.resources.requests", "no"),
            ("spec.resources.requests",),
            id="resources of the pod that were added",
        ),
    ],
)
def test_fields_that_the_pod_as_it_was_sent_does_not_set(
    pod: Body, cause: tuple[str, str, str], found: tuple[str, ...]
) -> None:
    assert filled_in([Cause(*cause)], pod) == found


@pytest.mark.parametrize(
    ("pod", "kind", "rule"),
    [
        pytest.param(ASKING, CreateErrorKind.MENDABLE, "invalid-by-default", id="somebody may mend the default"),
        pytest.param(LIMITED, CreateErrorKind.SPEC_FAULT, "invalid", id="the spec is at fault"),
    ],
)
def test_a_pod_that_is_invalid_for_a_default_is_no_fault_of_the_spec(
    pod: Body, kind: CreateErrorKind, rule: str
) -> None:
    causes = [{"reason": "FieldValueInvalid", "field": REQUESTS, "message": MEMORY}]
    error = error_of(failure(422, "Invalid", f'Pod "p" is invalid: {REQUESTS}: {MEMORY}', name="p", causes=causes))
    assert error is not None
    found = create_error_of(error, pod)
    assert (found.kind, found.rule) == (kind, rule)


SENT = {"env": [{"name": "QUEUEDJOB_NAME"}, {"name": "QUEUEDJOB_UID"}, {"name": "A"}, {"name": "="}]}


@pytest.mark.parametrize(
    ("message", "found"),
    [
        pytest.param("spec.containers[0].env[3].name: no", "spec.containers[0].env[1].name: no", id="the user's"),
        pytest.param("spec.initContainers[0].env[2]", "spec.initContainers[0].env[0]", id="of an init container"),
        pytest.param("spec.containers[0].env[1].name", "spec.containers[0].env[1].name", id="ours"),
        pytest.param("spec.containers[1].env[3]", "spec.containers[1].env[3]", id="of a container that was added"),
        pytest.param("spec.containers[0].envFrom[3]", "spec.containers[0].envFrom[3]", id="another list"),
        pytest.param("no field", "no field", id="none"),
    ],
)
def test_a_variable_has_the_number_that_it_has_in_the_spec(message: str, found: str) -> None:
    assert as_in_the_spec(message, {"spec": {"containers": [SENT], "initContainers": [SENT]}}) == found
