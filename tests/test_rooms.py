"""The rooms' imports go one way, and nothing imports what it shouldn't hold."""

import ast
import subprocess
import sys

import pytest

from helpers.paths import ROOT

FRAMEWORKS = {"keras", "jax", "torch", "tensorflow"}
FORBIDDEN = {"reports": {"bench", "backends"} | FRAMEWORKS, "backends": {"bench", "reports"}}


def imported(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", FORBIDDEN)
def test_imports_go_one_way(room):
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        assert not imported(file.read_text()) & FORBIDDEN[room], file


def held_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


def test_the_parent_holds_no_framework():
    held = held_after(
        "import aebench.bench.cli, aebench.bench.campaign.campaign, aebench.bench.campaign.run_output, aebench.bench.cli.listing"
    )
    assert not held & FRAMEWORKS


def test_a_worker_starts_with_the_standard_library():
    held = held_after("import aebench.bench.worker, aebench.bench.system.proc_memory")
    assert not held & (FRAMEWORKS | {"numpy", "msgspec", "rich", "psutil", "typer", "reports"})


def test_a_working_worker_needs_numpy_keras_and_its_framework_only():
    files = list((ROOT / "bench" / "work").glob("*.py"))
    assert len(files) > 4
    others = ("settings", "weights", "stepping", "attribution", "chrome_trace", "compile_log")
    for file in [*files, *(ROOT / "bench" / f"{name}.py" for name in others)]:
        assert imported(file.read_text()) <= {"keras", "numpy", "backends", "bench"} | set(
            sys.stdlib_module_names
        )


def test_a_native_framework_and_a_profiler_need_themselves_and_numpy_only():
    folders = [ROOT / "backends" / name for name in ("native", "profilers")]
    for file in (file for folder in folders for file in folder.glob("*.py")):
        own = {file.stem} if file.stem in FRAMEWORKS else FRAMEWORKS - {"keras"}
        known = own | {"numpy", "backends"} | set(sys.stdlib_module_names)
        assert imported(file.read_text()) <= known, file


def test_help_needs_nothing_heavy():
    held = held_after("import aebench.bench.cli")
    assert not held & (FRAMEWORKS | {"numpy", "scipy", "matplotlib", "msgspec"})
