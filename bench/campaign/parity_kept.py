"""Take the checks of parity that an earlier run made over, and keep those that this run makes."""

import datetime
from collections.abc import Mapping

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.parity_cache import Checked, of_run
from aebench.bench.campaign.parity_key import ParityKeys
from aebench.reports import record
from aebench.reports.record import ContenderInfo, Task


class KeptChecks:
    """The checks that earlier runs made, and that this run keeps for later ones.

    Parameters
    ----------
    context : Context
        The context of the pass.
    contenders : mapping of str to ContenderInfo
        The contenders by their names.
    """

    def __init__(self, context: Context, contenders: Mapping[str, ContenderInfo]) -> None:
        self._context = context
        self._contenders = contenders
        self._keys = ParityKeys(context)

    def replay(self, task: Task) -> bool:
        """Record the checks that an earlier run made of a task, if there are any."""
        cache, key = self._context.parity_cache, self._key(task)
        found = cache.find(key) if cache and key else None
        if not found:
            return False
        worker, checks = of_run(found, task.contender, task.model)
        self._context.journal.append(worker)
        for check in checks:
            self._context.journal.append(check)
        self._context.end(task)
        return True

    def keep(self, task: Task) -> None:
        """Keep the checks that this run made of a task."""
        cache, key = self._context.parity_cache, self._key(task)
        written = self._context.journal.record
        workers = [each for each in written.of(record.WorkerInfo) if task.holds(each)]
        checks = [each for each in written.of(record.Parity) if task.holds(each)]
        if cache and key and workers and checks:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            cache.keep(key, Checked(now, workers[-1], checks))

    def _key(self, task: Task) -> str | None:
        if not self._context.parity_cache:
            return None
        return self._keys.key(self._contenders[task.contender], task.model)
