"""The workers of a run: start and stop them, and let a guard end them if the parent dies.

Every worker has a process group of its own. The guard process knows the process ids of the workers.
:mod:`aebench.bench.campaign.worker_process` is about a single one.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aebench.backends.accelerators import HIDDEN
from aebench.bench.campaign.guard import GOODBYE
from aebench.bench.campaign.worker_environment import keeping_compiled, switching
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.messages.every_pass import Job
from aebench.bench.protocol.package_path import link_package
from aebench.reports.sanitize import reason


class Fleet:
    """The workers of a run, from their start until all of them have ended.

    Parameters
    ----------
    scratch : Path
        A temporary folder of this run, for the workers' logs, caches and Keras homes.
    answer_seconds : float
        Seconds of silence after which a worker counts as hung.
    modules : sequence of str
        Dotted names of modules of other packages that workers import.
    """

    def __init__(self, scratch: Path, answer_seconds: float, modules: Sequence[str] = ()) -> None:
        self._scratch = scratch
        # A run has several fleets in one folder: one that inspects models, then one that measures.
        links = Path(tempfile.mkdtemp(prefix="package-", dir=scratch))
        self._package_path = link_package(links / "package", modules)
        self._answer_seconds = answer_seconds
        self._guard = subprocess.Popen(
            [sys.executable, "-P", "-m", "aebench.bench.campaign.guard", str(scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": self._package_path},
            start_new_session=True,
            text=True,
        )
        self._workers: list[Worker] = []

    def start(
        self,
        backend: str,
        job: Job,
        python: str = sys.executable,
        on_processor: bool = False,
        cache: Path | None = None,
    ) -> Worker:
        """Start a worker, send its job, and return before the worker has built its model.

        Parameters
        ----------
        backend : str
            The Keras backend of the worker, or the baseline that it runs.
        job : Job
            The job: the model, and the other inputs of the worker's pass.
        python : str
            The interpreter that runs the worker.
        on_processor : bool
            Whether accelerators are hidden from the worker.
        cache : Path, optional
            A folder in which what is compiled is kept; without it every worker begins with nothing.

        Raises
        ------
        MeasurementError
            If the process can't be started, or doesn't send its first message in time.
        """
        try:
            worker = Worker(
                backend,
                python,
                self._scratch,
                self._package_path,
                self._answer_seconds,
                (HIDDEN if on_processor else {})
                | keeping_compiled(backend, cache)
                | switching(backend, job.settings.get("switch", "")),
            )
        except OSError as error:
            raise MeasurementError(f"{python} can't be started: {reason(error)}") from error
        self._workers.append(worker)
        self._tell_guard("+", worker.pid)
        try:
            worker.greet(job)
        except BaseException:
            self.stop(worker)
            raise
        return worker

    def stop(self, worker: Worker) -> None:
        """End a worker and all processes that it started."""
        worker.stop()
        self._tell_guard("-", worker.pid)
        self._workers.remove(worker)

    def close(self) -> None:
        """End all workers, then the guard."""
        for worker in list(self._workers):
            self.stop(worker)
        self._say(GOODBYE)
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.wait()

    def _tell_guard(self, sign: str, pid: int) -> None:
        self._say(f"{sign}{pid}")

    def _say(self, text: str) -> None:
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(f"{text}\n")
            self._guard.stdin.flush()
