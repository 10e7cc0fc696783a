"""Options and hooks of ``pytest bench/ --benchmark-only``; see :mod:`aebench.bench.pytest_plugin.session`."""

import argparse
import os
from collections.abc import Iterator
from typing import Any

import pytest

from aebench.bench.plan.plan import ContenderCell
from aebench.bench.plan.presets import DATA, PRESETS
from aebench.bench.plan.settings import WORDS
from aebench.bench.pytest_plugin.session import PytestSession
from aebench.bench.quoting import shortly
from aebench.bench.system import machine

_SESSION: pytest.StashKey[PytestSession] = pytest.StashKey()


def _names(text: str) -> list[str]:
    return list(filter(None, text.split(",")))


def _sizes(text: str) -> list[int]:
    try:
        return [int(each) for each in _names(text)]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shortly(text)} must be whole numbers: 32,500") from None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what chooses the measurements."""
    group = parser.getgroup("aebench", "what is measured (several values with commas)")
    group.addoption("--preset", default="quick", help=f"{', '.join(PRESETS)}.")
    group.addoption(
        "--backend",
        "--contender",
        type=_names,
        default=[],
        help=f"Which backends: jax,torch:jit (settings: {WORDS}).",
    )
    group.addoption("--model", type=_names, default=[], help="Which autoencoders: ae400,ae800")
    group.addoption("--batch-size", type=_sizes, default=[], help="Which batch sizes: 32,500")
    group.addoption(
        "--data",
        default=os.environ.get("AEBENCH_DATA") or "auto",
        help=f"{', '.join(DATA)}, or the path of an .npz.",
    )
    group.addoption(
        "--record",
        metavar="DIR",
        help="Folder for the record; one that is there is kept under another name.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have pytest-benchmark's table in an order that ranks nobody, and as narrow as its use."""
    given = [str(each).partition("=")[0] for each in config.invocation_params.args]
    if "--benchmark-sort" not in given:
        config.option.benchmark_sort = "name"
    if "--benchmark-columns" not in given:
        config.option.benchmark_columns = ["min", "median", "iqr", "rounds"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the plan, so that bad options end it here."""
    session.config.stash[_SESSION] = PytestSession(session.config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tidy."""
    if _SESSION in session.config.stash:
        session.config.stash[_SESSION].close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every place in the plan."""
    metafunc.parametrize(
        ("workload", "model", "batch_size", "backend"),
        [
            pytest.param(
                place.workload,
                place.model,
                place.batch_size,
                place.contender,
                marks=[pytest.mark.skip(reason=f"{place.contender}: {missing}")] if missing else [],
            )
            for place, missing in metafunc.config.stash[_SESSION].places()
        ],
    )


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> Iterator[PytestSession]:
    """Measure what is selected and not skipped, once, before the first test that needs it."""
    door = request.config.stash[_SESSION]
    selected = frozenset(
        _place(item)
        for item in request.session.items
        if "campaign" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("skip")
    )
    # Beside other processes of pytest-xdist nothing can be timed; pytest-benchmark disables itself.
    crowded = "PYTEST_XDIST_WORKER" in os.environ
    if crowded or request.config.getoption("--benchmark-disable", default=False):
        door.try_out(selected)
        yield door
        return
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print()
        door.measure(selected)
    yield door


def _place(item: pytest.Item) -> ContenderCell:
    values = item.callspec.params  # type: ignore[attr-defined]
    return ContenderCell(values["backend"], values["model"], values["workload"], values["batch_size"])


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the comparison under pytest-benchmark's table."""
    if _SESSION in config.stash:
        terminalreporter.write("\n")
        terminalreporter.write(config.stash[_SESSION].render(terminalreporter.hasmarkup))


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """Describe the machine as a record does, without what changes from run to run."""
    import msgspec

    described: dict[str, Any] = msgspec.to_builtins(machine.describe())
    del described["load_before"]
    return described


class _Uncoloured(float):
    """A figure that equals none: pytest-benchmark colours what equals the best or the worst."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = float.__hash__


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_scale_unit(best: Any, worst: Any) -> None:
    """Take the colours off its table: it calls best what no interval bears out."""
    for ends in (best, worst):
        if isinstance(ends, dict):
            for name, value in ends.items():
                ends[name] = _Uncoloured(value) if isinstance(value, float) else value
