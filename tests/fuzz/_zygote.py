"""Run commands in forks of this process (a "zygote"), and measure their time and memory.

The process is started as ``python -m fuzz._zygote FD``. It receives calls and sends outcomes on
the socket FD. All modules are imported once, before the first fork: a fork saves the time that a
command's imports would take.
"""

import contextlib
import faulthandler
import io
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from fuzz._calling import ADDRESS_SPACE_BYTES, ROOT, Call, Outcome

_OURS = tuple(
    f"{ROOT / 'src' / 'aebench' / name}{os.sep}" for name in ("backends", "bench", "reports")
)
_PROGRAMS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty")
_WRITES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate")
_MOST_KEPT_BYTES = 16 * 2**20
_MOST_TOLD = 20
# Commands that aebench may run: nvidia-smi shows an accelerator's name.
_HARMLESS = ("nvidia-smi",)


def main() -> None:
    """Fork for every call that arrives, until the socket is closed."""
    _import_everything()
    connection = Connection(int(sys.argv[1]))
    connection.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            connection.send(_outcome(connection.recv()))


def _import_everything() -> None:
    from importlib import import_module

    for name in (
        *("cli.listing", "cli.run_command", "campaign.campaign", "campaign.run_output"),
        *("data.datasets", "system.doctor", "plan.selfcheck"),
    ):
        import_module(f"aebench.bench.{name}")
    for name in ("figures", "publish", "selfcheck", "site", "summary", "terminal"):
        import_module(f"aebench.reports.{name}")


def _outcome(call: Call) -> Outcome:
    out, err, told, stack = (os.memfd_create(name) for name in ("out", "err", "told", "stack"))
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _child(call, out, err, told, stack)
    watched = os.pidfd_open(pid)
    ended, _, _ = select.select([watched], [], [], call.seconds)
    survivors = False
    with contextlib.suppress(ProcessLookupError):
        if not ended:
            os.killpg(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
        survivors = bool(ended)
    outcome = Outcome(
        os.waitstatus_to_exitcode(status) if ended else None,
        _content(out),
        _content(err),
        seconds,
        usage.ru_maxrss * 1024,
        where=_innermost_of_dump(_content(stack).decode(errors="replace")),
        survivors=survivors,
    )
    for line in _content(told).decode(errors="replace").splitlines():
        what, text = json.loads(line)
        if what in ("ran", "wrote"):
            getattr(outcome, what).append(text)
        else:
            setattr(outcome, what, text)
    for descriptor in (out, err, told, stack, watched):
        os.close(descriptor)
    return outcome


def _content(file: int) -> bytes:
    return os.pread(file, min(os.fstat(file).st_size, _MOST_KEPT_BYTES), 0)


def _innermost_of_dump(dump: str) -> str:
    """Return aebench's innermost frame in a dump of faulthandler, which lists it first."""
    for line in dump.splitlines():
        path, _, rest = line.strip().removeprefix('File "').partition('", line ')
        if path.startswith(_OURS):
            number, _, name = rest.partition(" in ")
            return f"{os.path.relpath(path, ROOT)}:{number} {name}"
    return ""


def _child(call: Call, out: int, err: int, told: int, stack: int) -> NoReturn:
    code = 70
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        told, stack = os.dup(told), os.dup(stack)
        _stream(0, "", out)
        _stream(1, call.stdout, out)
        _stream(2, call.stderr, err)
        _enter(call)
        if call.fresh:
            command = [sys.executable, "-m", "aebench", *call.arguments]
            with contextlib.suppress(OSError):  # the arguments may be too long for the system
                os.execve(sys.executable, command, call.environment)
        os.environ.clear()
        os.environ.update(call.environment)
        faulthandler.dump_traceback_later(call.seconds - 1, file=stack)
        code = _command(call, told)
    finally:
        os._exit(code)


def _enter(call: Call) -> None:
    if call.folder_gone:
        gone = Path(tempfile.mkdtemp(dir=call.room))
        os.chdir(gone)
        gone.rmdir()
    else:
        os.chdir(call.folder)


def _stream(number: int, how: str, kept: int) -> None:
    if how == "kept":
        os.dup2(kept, number)
    elif how == "closed":
        os.close(number)
    elif how == "unread":
        read, write = os.pipe()
        os.dup2(write, number)
        os.close(write)
        os.close(read)
    else:
        file = os.open("/dev/full" if how == "full" else "/dev/null", os.O_RDWR)
        os.dup2(file, number)
        os.close(file)


def _command(call: Call, told: int) -> int:
    def tell(what: str, text: str) -> None:
        if os.fstat(told).st_size < 2**20:
            os.write(told, (json.dumps([what, text[:2000]]) + "\n").encode())

    sys.argv = ["aebench", *call.arguments]
    sys.dont_write_bytecode = True
    tempfile.tempdir = None
    sys.stdout = sys.__stdout__ = _opened(1, call.stdout)  # type: ignore[assignment, misc]
    sys.stderr = sys.__stderr__ = _opened(2, call.stderr)  # type: ignore[assignment, misc]
    sys.addaudithook(_watcher(call, tell))
    code = _main(tell)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            if stream is sys.stdout:  # Python exits with code 120 too if this flush fails
                tell("error", f"{type(error).__name__} in the last flush: {error}")
                code = 120
    return code


def _opened(number: int, how: str) -> Any:
    if how == "closed":
        return None
    errors = "strict" if number == 1 else "backslashreplace"
    buffer = io.open(number, "wb", closefd=False)  # noqa: SIM115, UP020
    return io.TextIOWrapper(buffer, "utf-8", errors, line_buffering=number == 2)


def _main(tell: Any) -> int:
    from aebench.bench.cli import main

    try:
        return main()
    except SystemExit as end:
        if isinstance(end.code, int) or end.code is None:
            return end.code or 0
        tell("error", f"SystemExit with {end.code!r}")
        return 1
    except BaseException as error:
        tell("error", f"{type(error).__name__}: {error}")
        with contextlib.suppress(Exception):
            tell("where", _innermost(error))
        with contextlib.suppress(Exception):
            traceback.print_exc()
        return 1


def _innermost(error: BaseException) -> str:
    frames = [
        f"{os.path.relpath(frame.filename, ROOT)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(_OURS)
    ]
    return frames[-1] if frames else ""


def _watcher(call: Call, tell: Any) -> Any:
    """Return an audit hook that refuses to start programs, and reports writes outside the scene."""
    inside = (call.room + os.sep, "/dev/", "/proc/")
    told = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal told
        if told > _MOST_TOLD:
            return
        if event in _PROGRAMS:
            command = arguments[1] if event == "subprocess.Popen" else arguments[:1]
            name = os.fsdecode(command[0]) if command else event
            if name in call.may_run or os.path.basename(name) in _HARMLESS:  # noqa: PTH119
                return
            told += 1
            tell("ran", f"{event}: {name}")
            raise PermissionError(1, "the fuzzer lets no command start a program")
        if event == "open":
            path, _, flags = arguments
            wanted = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
            if isinstance(path, int) or not flags & wanted:
                return
        elif event in _WRITES:
            path = arguments[0]
        else:
            return
        # A path that can't be resolved can't be written to either.
        with contextlib.suppress(OSError, ValueError):
            real = os.path.realpath(os.fsdecode(path))
            if not real.startswith(inside):
                told += 1
                tell("wrote", f"{event}: {real}")

    return watch


if __name__ == "__main__":
    main()
