"""Runs the Lua scripts of gitops/argocd as Argo CD does: Lua 5.1, with `obj`, and no library that it lacks."""

from pathlib import Path
from typing import Any, Final

from lupa import lua51

Object = dict[str, Any]

SCRIPTS: Final = Path(__file__).parents[2] / "gitops/argocd/queuedjob.dev"

_SANDBOX: Final = """
local date, time, loaded = os.date, os.time, require
require = function(name)
  assert(name == "os", "Argo CD has no module " .. name)
  return { date = date, time = time }
end
os, io, python, string, math, debug, coroutine, package, dofile, loadfile, load, loadstring = nil
"""


def health_of(it: Object) -> tuple[str, str]:
    """Return the health of an object of ours, and its message."""
    found = _run(it, "health.lua")
    return found["status"], found.get("message") or ""


def actions_of(it: Object) -> set[str]:
    """Return the names of the actions that the object offers now."""
    return {name for name, action in _run(it, "actions/discovery.lua").items() if not action.get("disabled")}


def after_action(it: Object, action: str) -> Object:
    """Return the object as an action leaves it. Argo CD sends the difference to the API server as a merge patch."""
    return _run(it, f"actions/{action}/action.lua")


def _run(it: Object, script: str) -> Object:
    runtime = lua51.LuaRuntime(unpack_returned_tuples=True)
    runtime.execute(_SANDBOX)
    runtime.globals()["obj"] = _to_lua(runtime, it)
    found: Object = _from_lua(runtime.execute((SCRIPTS / it["kind"] / script).read_text()))
    return found


def _to_lua(runtime: Any, value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case dict():
            return runtime.table_from({key: _to_lua(runtime, each) for key, each in value.items()})
        case list():
            return runtime.table_from([_to_lua(runtime, each) for each in value])
        case _:
            return value


def _from_lua(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The JSON of a Lua value. An empty table is an empty object: Lua does not tell the two apart."""
    if lua51.lua_type(value) != "table":
        return value
    keys = list(value.keys())
    if keys and keys == list(range(1, len(keys) + 1)):
        return [_from_lua(value[key]) for key in keys]
    return {key: _from_lua(value[key]) for key in keys}
