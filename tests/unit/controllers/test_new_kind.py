"""A new kind needs a record, a projection and a reconcile. No file that serves all kinds has to change for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import pytest
from pydantic import Field

from queuedjob.api.kinds import KINDS
from queuedjob.api.kinds.kind import AGE, READ, Column, Kind, Part
from queuedjob.api.manifests.files import manifests
from queuedjob.api.names import GROUP
from queuedjob.api.types.base import Model
from queuedjob.controllers.inventory import Inventory
from queuedjob.controllers.keys import key_of
from queuedjob.controllers.namespaces import Namespaces
from queuedjob.controllers.registry import Record, Registry
from queuedjob.controllers.routing import Router
from queuedjob.controllers.stores import KindStore
from queuedjob.kube.client import paths, wire
from queuedjob.kube.objects.objects import Objects
from queuedjob.ports import Body
from tests.unit.controllers.api_server import ApiServer, a_job_body
from tests.unit.controllers.controller_env import ControllerEnv


class GadgetSpec(Model):
    size: int = Field(default=3, ge=1, description="How big it is, in metres.")


class GadgetStatus(Model):
    phase: str = Field(default="", description="Where it stands.")


GADGET: Final = Kind(
    kind="Gadget",
    plural="gadgets",
    short="gd",
    description="A kind that only this test has.",
    spec=Part(GadgetSpec, "What is wanted.", rules=({"rule": "self.size < 9", "message": "it does not fit"},)),
    status=Part(GadgetStatus, "What there is.", default={"phase": "New"}),
    columns=(Column("Size", ".spec.size", "integer"), Column("Phase", ".status.phase", wide=True), AGE),
    selectable=(".spec.size",),
    operator={"": READ, "status": ("patch",)},
    users={"view": READ, "admin": ("create", "delete")},
)


@dataclass(frozen=True, slots=True)
class Gadget:
    """The projection of a gadget in the store."""

    uid: str
    namespace: str
    resource_version: int
    size: int


def gadget_from(body: Body, _known: Gadget | None) -> Gadget:
    version = int(wire.resource_version_of(body))
    return Gadget(wire.uid_of(body), wire.namespace_of(body), version, body["spec"]["size"])


GADGETS: Final[Objects[Gadget]] = Objects(
    GADGET.plural, partial(paths.ours, GADGET.plural), gadget_from, {"size": lambda gadget: gadget.size}
)


def a_gadget(version: int = 7, size: int = 3) -> Body:
    metadata = {"name": "g", "namespace": "default", "uid": "g-uid", "resourceVersion": str(version)}
    return {"kind": "Gadget", "metadata": metadata, "spec": {"size": size}}


PATH: Final = f"{paths.ours(GADGET.plural, 'default')}/g"


@dataclass
class GadgetEnv(ControllerEnv):
    """The operator with its own kinds, and with gadgets as well."""

    server: ApiServer = field(default_factory=lambda: ApiServer((PATH, a_gadget())))
    reconciled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.server)
        self.gadgets = KindStore(GADGETS, self.keys.add, self.report)
        self.registry.add(Record(self.gadgets))
        self.reconciles[GADGET.plural] = self._reconcile

    def inventory(self) -> Inventory:
        return Inventory(self.client, self.clock, self.registry, Namespaces(["default"], lambda *_, **__: None))

    async def _reconcile(self, _namespace: str, uid: str) -> None:
        self.reconciled.append(uid)


def rules(role: Body) -> list[tuple[Sequence[str], Sequence[str]]]:
    return [(rule["resources"], rule["verbs"]) for rule in role["rules"] if rule["apiGroups"] == [GROUP]]


def test_the_crd_of_a_new_kind_has_its_fields_columns_and_rules() -> None:
    (crd,) = manifests([*KINDS, GADGET])["crds/gadgets.yaml"]
    (version,) = crd["spec"]["versions"]
    assert crd["metadata"]["name"] == "gadgets.queuedjob.dev"
    assert crd["spec"]["names"]["shortNames"] == ["gd"]
    assert [column["name"] for column in version["additionalPrinterColumns"]] == ["Size", "Phase", "Age"]
    assert version["selectableFields"] == [{"jsonPath": ".spec.size"}]
    parts: Any = version["schema"]["openAPIV3Schema"]["properties"]
    assert "Default: 3" in parts["spec"]["properties"]["size"]["description"]
    assert parts["spec"]["x-kubernetes-validations"] == [{"rule": "self.size < 9", "message": "it does not fit"}]
    assert parts["status"]["default"] == {"phase": "New"}


def test_the_roles_allow_the_verbs_that_a_new_kind_declares() -> None:
    made = manifests([*KINDS, GADGET])
    (operator,) = made["rbac/operator.yaml"]
    assert (["gadgets"], list(READ)) in rules(operator)
    assert (["gadgets/status"], ["patch"]) in rules(operator)
    view, edit, admin, on_call = made["rbac/users.yaml"]
    for reader in (view, edit, on_call):
        assert (["gadgets"], list(READ)) in rules(reader)
    assert (["gadgets"], [*READ, "create", "delete"]) in rules(admin)


async def test_an_object_of_a_new_kind_is_listed_at_the_start_indexed_and_reconciled() -> None:
    env = GadgetEnv()
    await env.inventory().take_all()
    assert [gadget.uid for gadget in env.gadgets.by("size", 3)] == ["g-uid"]
    (key,) = env.keys.added
    await Router(env.context, env.reconciles).reconcile(key)
    assert env.reconciled == ["g-uid"]


async def test_the_store_of_a_new_kind_takes_newer_events_and_ignores_older_ones() -> None:
    env = GadgetEnv()
    store = env.registry[GADGET.plural].store
    store.take(wire.ADDED, a_gadget(version=8, size=5))
    store.take(wire.MODIFIED, a_gadget(version=7, size=3))
    assert [gadget.size for gadget in env.gadgets] == [5]
    store.take(wire.DELETED, a_gadget(version=9, size=5))
    assert not len(env.gadgets)
    assert env.keys.added == [key_of("gadgets", "default", "g-uid")] * 2


async def test_the_resync_of_a_new_kind_removes_its_deleted_objects_and_no_job() -> None:
    env = GadgetEnv()
    env.server.objects[paths.job("default", "j")] = a_job_body()
    await env.inventory().take_all()
    del env.server.objects[PATH]
    await env.inventory().resync()
    assert (len(env.gadgets), len(env.stores.jobs)) == (0, 1)


async def test_a_kind_cannot_be_registered_twice() -> None:
    env = GadgetEnv()
    with pytest.raises(ValueError, match="gadgets are registered already"):
        env.registry.add(Record(KindStore(GADGETS, env.keys.add, env.report)))
    assert Registry().plurals == ()
    assert env.registry.plurals == ("queuedjobs", "pods", "deadletters", "gadgets")
