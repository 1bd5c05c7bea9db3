"""The cluster that the end-to-end tests run on (CLUSTER=), and the tests that only a local cluster can run."""

import functools
import os
from typing import Final

import pytest

from dev.cluster import Options, Where, chosen

MARK: Final = "local"
_NAME: Final = "selection by cluster"


@functools.cache
def where() -> Where:
    """Return the value of CLUSTER=; `auto` is decided once for a process. Raises ValueError for an unknown value."""
    return chosen(Where(os.environ.get("CLUSTER") or Where.AUTO), Options())


class Selection:
    """A plugin of pytest: on a cluster that is not local, it leaves out the tests marked `local` and reports that."""

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        left_out = [item for item in items if item.get_closest_marker(MARK)] if where() is not Where.LOCAL else []
        items[:] = [item for item in items if item not in left_out]
        if left_out:
            config.hook.pytest_deselected(items=left_out)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if where() is not Where.LOCAL:
            terminalreporter.section(f"on CLUSTER={where()}")
            terminalreporter.write_line(
                "Left out, for only CLUSTER=local (as root) can show it: requests counted from the API server's audit "
                "log, a webhook beside the API server, and the local node itself."
            )


def register(config: pytest.Config) -> None:
    """Register the plugin once, whichever of its folders pytest is asked to run."""
    config.addinivalue_line("markers", f"{MARK}: only a cluster of this machine's own processes can show it")
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(Selection(), _NAME)
