"""The options and hooks of ``pytest bench/ --benchmark-only``.

The hooks call :mod:`aebench.bench.pytest_plugin.session`, which measures.
"""

import argparse
import os
from collections.abc import Iterator
from typing import Any

import pytest

from aebench.bench.data.choices import DATA
from aebench.bench.plan.plan import ContenderCell
from aebench.bench.plan.presets import PRESETS, ROUND_SECONDS, UNTIL_SYNTAX
from aebench.bench.plan.renamed_options import OLD_MODEL_OPTION, renamed
from aebench.bench.plan.settings import WORDS, split_contenders
from aebench.bench.pytest_plugin.session import PytestSession
from aebench.bench.system import machine

_SESSION: pytest.StashKey[PytestSession] = pytest.StashKey()


def _names(text: str) -> list[str]:
    return list(filter(None, text.split(",")))


def _renamed(text: str) -> str:
    """Refuse the old name of the option ``--model`` with a message that gives the new name."""
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
    group.addoption(
        "--model",
        type=_names,
        default=[],
        help="Models, such as ae400,ae800 or a file of yours: my_model.py.",
    )
    group.addoption(
        "--set",
        dest="sets",
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="Values of a parameter of build(), such as units=64,128; may be given several times.",
    )
    group.addoption(OLD_MODEL_OPTION, type=_renamed, help=argparse.SUPPRESS)
    group.addoption(
        "--batch-size",
        type=str.split,
        default=[],
        help="Batch sizes, such as 32,500, or by workload: 'train=32,500 predict=1'.",
    )
    group.addoption("--launches", type=int, help="Launches; one gives no intervals.")
    group.addoption("--blocks", type=int, help="Blocks in a launch.")
    group.addoption(
        "--round-seconds",
        type=float,
        default=ROUND_SECONDS,
        help="About how long a round takes (default: %(default)g).",
    )
    group.addoption(
        "--until",
        default="",
        help=f"Start launches until enough is known: {UNTIL_SYNTAX.replace('%', '%%')}.",
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
    group.addoption(
        "--aebench-baseline",
        default="",
        metavar="RECORD",
        help="A record of earlier, or a folder of repetitions: --aebench-fail-if compares with it.",
    )
    group.addoption(
        "--aebench-fail-if",
        action="append",
        default=[],
        metavar="RULE",
        help="A test fails by this rule, as aebench compare --fail-if; may be given several times.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Sort pytest-benchmark's table by name, which ranks no contender, and show few columns."""
    given = [str(argument).partition("=")[0] for argument in config.invocation_params.args]
    if "--benchmark-sort" not in given:
        config.option.benchmark_sort = "name"
    if "--benchmark-columns" not in given:
        config.option.benchmark_columns = ["min", "median", "iqr", "rounds"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the plan, so that bad options end the session before tests are collected."""
    session.config.stash[_SESSION] = PytestSession(session.config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the session's temporary files."""
    if _SESSION in session.config.stash:
        session.config.stash[_SESSION].close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for every contender in every cell of the plan."""
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
    """Measure all selected tests that aren't skipped, in one campaign before the first test."""
    session = request.config.stash[_SESSION]
    selected = frozenset(
        _cell(item)
        for item in request.session.items
        if "campaign" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("skip")
    )
    # Under pytest-xdist nothing is timed, since its processes would disturb each other's times;
    # pytest-benchmark disables itself there too.
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
    """Print the tables of the comparison below pytest-benchmark's table."""
    if _SESSION in config.stash:
        terminalreporter.write("\n")
        terminalreporter.write(config.stash[_SESSION].render(terminalreporter.hasmarkup))


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """Return the description of the machine that records hold, without its load.

    pytest-benchmark warns if the description differs between runs, and the load always does.
    """
    import msgspec

    described: dict[str, Any] = msgspec.to_builtins(machine.describe())
    del described["load_before"]
    return described


class _Uncoloured(float):
    """A number that equals no number, so that pytest-benchmark colours no figure.

    pytest-benchmark 5.3 colours the best figure of a column green and the worst red: those that
    equal the column's best and worst. It compares minima and medians without intervals, and would
    call a contender best that no verdict calls faster. No option turns only these colours off. A
    test in ``tests/bench/pytest_plugin`` checks this class with the installed version.
    """

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = float.__hash__


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_scale_unit(best: Any, worst: Any) -> None:
    """Replace the best and worst figures by numbers that no figure of the table equals.

    The hook is meant to choose the table's unit. It returns None, and pytest-benchmark then chooses
    the unit itself. The hook is used because the colours come from the dictionaries that it gets.
    """
    for ends in (best, worst):
        if isinstance(ends, dict):
            for name, value in ends.items():
                ends[name] = _Uncoloured(value) if isinstance(value, float) else value
