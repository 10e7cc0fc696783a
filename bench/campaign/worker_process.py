"""The parent's side of one worker: start it, send commands, receive answers, stop it.

While the worker works, the parent sleeps until data arrive from it.
"""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import psutil

from aebench.bench.campaign.guard import kill_tree
from aebench.bench.campaign.sampling_thread import sampled
from aebench.bench.campaign.worker_environment import environment
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.channel import Channel, ChannelClosedError, Message
from aebench.bench.protocol.messages.coding import ProtocolError, decode, encode
from aebench.bench.protocol.messages.cold_start import PhaseMemory
from aebench.bench.protocol.messages.every_pass import Hello, Job
from aebench.bench.system.processor import CORE_ERRORS

A = TypeVar("A")

HELLO_SECONDS = 60.0
_LOG_TAIL_LINES = 15
_LOG_TAIL_BYTES = 16384
# The most bytes of a worker's log: a worker that prints without end would fill the disk. Most
# workers print a few lines.
LOG_LIMIT_BYTES = 64 * 2**20
_LOG_CHECK_SECONDS = 1.0
_PENDING_ERROR_SECONDS = 0.1


class Worker:
    """A worker process: the parent's means to command it, to read its answers and to stop it."""

    def __init__(
        self,
        backend: str,
        python: str,
        scratch: Path,
        package_path: str,
        answer_seconds: float,
        more: Mapping[str, str],
    ) -> None:
        self._answer_seconds = answer_seconds
        folder = Path(tempfile.mkdtemp(prefix=f"{backend}-", dir=scratch))
        self._log = folder / "log.txt"
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        self.exact_peaks = True
        self.interpreter: PhaseMemory
        self._began = time.perf_counter()
        try:
            with self._log.open("wb") as log, theirs:
                self._process = subprocess.Popen(
                    [python, "-m", "aebench.bench.worker", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**environment(backend, folder, package_path), **more},
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                    cwd=folder,
                )
        except OSError:
            self._channel.close()
            raise
        self.pid = self._process.pid
        self._watched = psutil.Process(self.pid)

    def greet(self, job: Job) -> None:
        """Wait for the worker's first message, the hello, and send the job.

        The time until the hello, and the worker's memory at that time, are the footprint of an
        interpreter that has imported nothing. They are stored in ``interpreter``.
        """
        message = self._receive(HELLO_SECONDS)
        seconds = time.perf_counter() - self._began
        hello = self._decoded(Hello, message)
        self.exact_peaks = hello.exact
        resident_bytes = hello.resident_bytes or self.resident_bytes()
        self.interpreter = PhaseMemory(
            "interpreter",
            seconds=seconds,
            resident_bytes=resident_bytes,
            peak_bytes=resident_bytes,
            proportional_bytes=hello.proportional_bytes,
            private_bytes=hello.private_bytes,
            anonymous_bytes=hello.anonymous_bytes,
        )
        self._send(encode(job))

    def ask(self, command: object, kind: type[A]) -> A:
        """Send a command, sleep until the worker answers, and return the answer.

        Parameters
        ----------
        command : dataclass
            A command of :mod:`aebench.bench.protocol.messages`.
        kind : type
            The type of the answer.

        Raises
        ------
        MeasurementError
            If the worker dies, hangs, reports an error or sends a message of another type.
        """
        self.tell(command)
        return self.answer(kind)

    def tell(self, command: object) -> None:
        """Send a command and return at once; :meth:`answer` returns the answer."""
        self._send(encode(command))

    def answer(self, kind: type[A]) -> A:
        """Sleep until the worker answers, and return the answer; see :meth:`ask`."""
        return self._decoded(kind, self._receive(self._answer_seconds))

    def _decoded(self, kind: type[A], message: Message) -> A:
        try:
            return decode(kind, message)
        except ProtocolError as error:
            raise self._failure(f"answered nonsense: {error}") from None

    def _send(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except ChannelClosedError:
            # A worker that fails sends its error before it ends. The error says more than the end.
            with contextlib.suppress(ChannelClosedError, TimeoutError, ValueError, RecursionError):
                self._check_error(self._channel.receive(_PENDING_ERROR_SECONDS))
            raise self._failure(self._death()) from None

    def _check_error(self, message: Message) -> None:
        if "error" in message:
            raise self._failure(str(message["error"]))

    def _receive(self, timeout_seconds: float) -> Message:
        deadline = time.monotonic() + timeout_seconds
        try:
            message = self._listen(deadline)
        except TimeoutError:
            raise self._failure(f"gave no answer for {timeout_seconds:g} s") from None
        except ChannelClosedError:
            raise self._failure(self._death()) from None
        except (ValueError, RecursionError):
            raise self._failure("answered nonsense") from None
        self._check_error(message)
        return message

    def _listen(self, deadline: float) -> Message:
        """Wait for a message and return it. Once a second, check the length of the worker's log."""
        while True:
            if self._log.stat().st_size > LOG_LIMIT_BYTES:
                raise self._failure(f"printed more than {LOG_LIMIT_BYTES // 2**20} MiB")
            left = deadline - time.monotonic()
            try:
                return self._channel.receive(min(max(left, 0.001), _LOG_CHECK_SECONDS))
            except TimeoutError:
                if left <= _LOG_CHECK_SECONDS:
                    raise

    def _death(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "closed its channel"
        return f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"

    def _failure(self, reason: str) -> MeasurementError:
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return MeasurementError(reason, "\n".join(lines[-_LOG_TAIL_LINES:]))

    def resident_bytes(self) -> int:
        """Return the resident bytes of the worker's process; 0 if they can't be read."""
        try:
            return int(self._watched.memory_info().rss)
        except CORE_ERRORS:
            return 0

    def cpu_seconds(self) -> float | None:
        """Return the processor seconds that the worker has used; None if they can't be read."""
        try:
            times = self._watched.cpu_times()
        except CORE_ERRORS:
            return None
        return float(times.user + times.system)

    def phase(self) -> PhaseMemory:
        """Sleep until the worker has run a phase, and return the memory of the phase.

        If the worker can't measure its own peak, the parent reads the worker's memory every 20 ms
        and takes the largest value.
        """
        if self.exact_peaks:
            return self.answer(PhaseMemory)
        with sampled(self.resident_bytes) as sizes:
            phase = self.answer(PhaseMemory)
        resident_bytes = self.resident_bytes()
        peak_bytes = max([*sizes, resident_bytes])
        return replace(phase, resident_bytes=resident_bytes, peak_bytes=peak_bytes)

    def stop(self) -> None:
        """Kill the worker and its children at once: a worker has nothing to save."""
        kill_tree(self.pid)
        self._process.wait()
        self._channel.close()
