import asyncio
from collections.abc import Callable

from tests.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Terms are times, so these tests control time."""
    return {"virtual": VirtualLoop}
