import asyncio
from collections.abc import Callable

from tests.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The reflector takes time through its port, so its tests own time."""
    return {"virtual": VirtualLoop}
