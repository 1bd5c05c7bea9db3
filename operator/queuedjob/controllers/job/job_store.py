"""The store of jobs."""

from collections.abc import Callable

from queuedjob.controllers.stores import Enqueue, KindStore, Report
from queuedjob.kube.objects.queuedjobs import JOBS, StoredJob


class JobStore(KindStore[StoredJob]):
    """Jobs. Whoever finds pods by their names hears of each job that comes in, and of each new run of one."""

    def __init__(self, enqueue: Enqueue, report: Report) -> None:
        super().__init__(JOBS, enqueue, report)
        self.on_run: Callable[[StoredJob], None] = lambda _job: None

    def put(self, item: StoredJob) -> bool:
        """Store a projection. Return False if the store rejects its version as known."""
        known = self.get(item.uid)
        news = super().put(item)
        if news and (known is None or known.redrives != item.redrives):
            self.on_run(item)
        return news
