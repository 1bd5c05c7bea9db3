import asyncio
from collections.abc import Callable

from tests.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Controllers use time only through its port, so their tests run on virtual time."""
    return {"virtual": VirtualLoop}
