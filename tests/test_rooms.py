"""Check that rooms import only what ARCHITECTURE.md allows."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from aebench import backends
from helpers.paths import ROOT

# NumPy doesn't count as a framework here: the parent computes with it too.
FRAMEWORKS = {"keras", *(backends.load(name).FRAMEWORK for name in backends.NAMES)} - {"numpy"}
STANDARD = set(sys.stdlib_module_names)
ERRORS = {"bench.errors", "bench.quoting"}
# The rooms, and the parts of aebench that a room may import.
MAY_IMPORT = {
    "reports": set(),
    "backends": set(),
    "bench/cli": {"bench", "backends", "reports"},
    "bench/plan": {"bench.models", "bench.data", "bench.system", "bench.protocol"}
    | {"backends", "reports", "bench.workloads"},
    "bench/campaign": {"bench.plan", "bench.protocol", "bench.models", "bench.data"}
    | {"bench.system", "bench.workloads", "backends", "reports"},
    "bench/worker": {"bench.models", "bench.protocol", "bench.workloads", "backends"}
    | {"bench.system.proc_memory"},
    "bench/protocol": set(),
    "bench/workloads": set(),
    "bench/models": {"bench.protocol", "backends"},
    "bench/data": {"bench.protocol", "reports"},
    "bench/system": {"backends", "reports"},
    "bench/environments": {"backends", "bench.plan.probing"},
    "bench/python": {"bench", "backends", "reports"},
    "bench/pytest_plugin": {"bench.plan", "bench.campaign", "bench.data", "bench.system"}
    | {"reports", "bench.workloads"},
}


def imported(text: str) -> set[str]:
    """List the modules that a file imports; aebench's modules by their path below aebench."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def of_aebench(names: set[str]) -> set[str]:
    return {name.removeprefix("aebench.") for name in names if name.startswith("aebench.")}


def within(name: str, allowed: set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in allowed)


def files(room: str) -> list[Path]:
    found = list((ROOT / room).rglob("*.py"))
    assert found
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_one_way(room):
    if not (ROOT / room).exists():
        pytest.skip("no such room")
    own = room.replace("/", ".")
    allowed = MAY_IMPORT[room] | {own} | (ERRORS if room.startswith("bench") else set())
    for file in files(room):
        wrong = {
            name for name in of_aebench(imported(file.read_text())) if not within(name, allowed)
        }
        assert not wrong, (file, wrong)


def test_every_folder_of_bench_is_a_room():
    found = {f"bench/{each.name}" for each in (ROOT / "bench").iterdir() if each.is_dir()}
    assert {each for each in found if "__" not in each} <= set(MAY_IMPORT)


def test_a_class_name_is_there_once():
    defined = Counter(
        node.name
        for room in ("bench", "backends", "reports")
        for file in files(room)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert not {name for name, count in defined.items() if count > 1}


def test_reports_need_no_framework():
    for file in files("reports"):
        assert not {name.partition(".")[0] for name in imported(file.read_text())} & FRAMEWORKS


def held_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "src"
    )
    return set(done.stdout.split())


def test_the_parent_holds_no_framework():
    held = held_after(
        "import aebench.bench.cli, aebench.bench.campaign.campaign\n"
        "import aebench.bench.campaign.run_output, aebench.bench.cli.listing\n"
        "import aebench; aebench.run, aebench.load"
    )
    assert not held & FRAMEWORKS


def test_a_worker_starts_with_the_standard_library():
    held = held_after("import aebench.bench.worker.__main__, aebench.bench.system.proc_memory")
    assert not held & (FRAMEWORKS | {"numpy", "msgspec", "rich", "psutil", "shtab"})


@pytest.mark.parametrize("room", ["bench/worker", "bench/models", "bench/protocol"])
def test_a_working_worker_needs_numpy_keras_and_its_framework_only(room):
    for file in files(room):
        tops = {name.partition(".")[0] for name in imported(file.read_text())}
        assert tops <= {"keras", "numpy", "aebench"} | STANDARD, file


@pytest.mark.parametrize("folder", ["native", "products", "ladders", "profilers"])
def test_a_native_framework_and_a_profiler_need_themselves_and_numpy_only(folder):
    for file in files(f"backends/{folder}"):
        own = {file.stem} if file.stem in FRAMEWORKS else FRAMEWORKS - {"keras"}
        tops = {name.partition(".")[0] for name in imported(file.read_text())}
        assert tops <= own | {"numpy", "aebench"} | STANDARD, file


def test_help_needs_nothing_heavy():
    held = held_after("import aebench.bench.cli")
    assert not held & (FRAMEWORKS | {"numpy", "scipy", "matplotlib", "msgspec"})
