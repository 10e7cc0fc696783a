"""The options and hooks of ``pytest bench/ --benchmark-only``.

:mod:`aebench.bench.pytest_plugin.session` holds what they do.
"""

import argparse
import os
from collections.abc import Iterator
from typing import Any

import pytest

from aebench.bench.data.choices import DATA
from aebench.bench.plan.plan import ContenderCell
from aebench.bench.plan.presets import PRESETS
from aebench.bench.plan.renamed_options import OLD_MODEL_OPTION, renamed
from aebench.bench.plan.settings import WORDS, split_contenders
from aebench.bench.pytest_plugin.session import PytestSession
from aebench.bench.system import machine

_SESSION: pytest.StashKey[PytestSession] = pytest.StashKey()


def _names(text: str) -> list[str]:
    return list(filter(None, text.split(",")))


def _renamed(text: str) -> str:
    """Refuse an option's old name."""
    raise argparse.ArgumentTypeError(renamed([OLD_MODEL_OPTION]))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose the measurements."""
    group = parser.getgroup("aebench", "what is measured (several values with commas)")
    group.addoption("--preset", default="quick", help=f"{', '.join(PRESETS)}.")
    group.addoption(
        "--backend",
        "--contender",
        type=split_contenders,
        default=[],
        help=f"Contenders, such as jax,torch:jit (settings: {WORDS}).",
    )
    group.addoption("--model", type=_names, default=[], help="Models, such as ae400,ae800.")
    group.addoption(OLD_MODEL_OPTION, type=_renamed, help=argparse.SUPPRESS)
    group.addoption(
        "--batch-size",
        type=str.split,
        default=[],
        help="Batch sizes, such as 32,500, or by workload: 'train=32,500 predict=1'.",
    )
    group.addoption(
        "--data",
        default=os.environ.get("AEBENCH_DATA") or "auto",
        help=f"{', '.join(DATA)}, or the path of an .npz.",
    )
    group.addoption(
        "--record",
        metavar="DIR",
        help="Folder for the record; a record that lies there is kept under another name.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set pytest-benchmark's table to an order that ranks no contender, and to few columns."""
    given = [str(argument).partition("=")[0] for argument in config.invocation_params.args]
    if "--benchmark-sort" not in given:
        config.option.benchmark_sort = "name"
    if "--benchmark-columns" not in given:
        config.option.benchmark_columns = ["min", "median", "iqr", "rounds"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the plan, so that bad options end the session here."""
    session.config.stash[_SESSION] = PytestSession(session.config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the session's temporary files."""
    if _SESSION in session.config.stash:
        session.config.stash[_SESSION].close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for every contender, model, workload and batch size of the plan."""
    metafunc.parametrize(
        ("workload", "model", "batch_size", "backend"),
        [
            pytest.param(
                cell.workload,
                cell.model,
                cell.batch_size,
                cell.contender,
                marks=[pytest.mark.skip(reason=f"{cell.contender}: {missing}")] if missing else [],
            )
            for cell, missing in metafunc.config.stash[_SESSION].cells()
        ],
    )


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> Iterator[PytestSession]:
    """Measure the selected tests that are not skipped, once, before the first of them runs."""
    session = request.config.stash[_SESSION]
    selected = frozenset(
        _cell(item)
        for item in request.session.items
        if "campaign" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("skip")
    )
    # Processes of pytest-xdist disturb each other's times; pytest-benchmark disables itself there.
    in_xdist = "PYTEST_XDIST_WORKER" in os.environ
    if in_xdist or request.config.getoption("--benchmark-disable", default=False):
        session.try_out(selected)
        yield session
        return
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print()
        session.measure(selected)
    yield session


def _cell(item: pytest.Item) -> ContenderCell:
    values = item.callspec.params  # type: ignore[attr-defined]
    return ContenderCell(
        values["backend"], values["model"], values["workload"], values["batch_size"]
    )


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the comparison under pytest-benchmark's table."""
    if _SESSION in config.stash:
        terminalreporter.write("\n")
        terminalreporter.write(config.stash[_SESSION].render(terminalreporter.hasmarkup))


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """Describe the machine as a record does, without the load, which changes between runs."""
    import msgspec

    described: dict[str, Any] = msgspec.to_builtins(machine.describe())
    del described["load_before"]
    return described


class _Uncoloured(float):
    """A number that equals no number, so that pytest-benchmark colours no figure.

    pytest-benchmark 5.3 compares each figure of its table with the best and the worst one, and
    colours the equal ones green and red. It does so on minima and medians alone, without an
    interval, and would thus call contenders best that no verdict calls faster. No option turns
    only these colours off; ``tests/bench/pytest_plugin`` holds this class against the installed
    version.
    """

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = float.__hash__


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_scale_unit(best: Any, worst: Any) -> None:
    """Replace the best and worst figures by numbers that no figure of the table equals.

    The hook is meant to choose the table's unit. It returns nothing, so that pytest-benchmark
    chooses the unit itself; the dictionaries that it is given are the ones that colours come from.
    """
    for ends in (best, worst):
        if isinstance(ends, dict):
            for name, value in ends.items():
                ends[name] = _Uncoloured(value) if isinstance(value, float) else value
