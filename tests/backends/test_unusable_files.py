"""Test that a file in ``backends/`` that can't be used is refused in one sentence, by its name."""

import shutil
import subprocess
import sys

import pytest

from helpers.paths import CLEAN, ROOT
from helpers.running import SMALL

NUMPY = (ROOT / "backends" / "numpy.py").read_text()


def tree(folder, text):
    """Make a copy of the package with another backend's file; return the file."""
    package = folder / "aebench"
    shutil.copytree(ROOT / "src" / "aebench", package, symlinks=True)
    for name in ("bench", "reports"):
        (package / name).unlink()
        (package / name).symlink_to(ROOT / name)
    (package / "backends").unlink()
    shutil.copytree(ROOT / "backends", package / "backends")
    file = package / "backends" / "borrowed.py"
    file.write_text(text)
    return file


def without(name):
    """Return the text of NumPy's file without a fact or a function."""
    return f"{NUMPY}\ndel {name}\n"


def refused(folder, *command):
    """Run a command that is refused without a traceback; return the completed process."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        env={**CLEAN, "PYTHONPATH": str(folder)},
        cwd=folder,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("name", ["BY_DEFAULT", "COSTS", "UNSUPPORTED", "precision"])
def test_a_file_that_lacks_a_fact_is_refused_by_its_name_and_the_facts(tmp_path, name):
    file = tree(tmp_path, without(name))
    done = refused(tmp_path, "aebench", "run", "--backend", "borrowed", *SMALL)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"aebench: the backend 'borrowed' has no {name} in {file}: define what the class Backend "
        "of aebench.backends.contract lists.\n"
    )


@pytest.mark.parametrize("command", [["list"], ["doctor"], ["--help"], ["show", "nowhere"]])
def test_every_command_refuses_such_a_file(tmp_path, command):
    file = tree(tmp_path, without("BY_DEFAULT"))
    done = refused(tmp_path, "aebench", *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"aebench: the backend 'borrowed' has no BY_DEFAULT in {file}: ")
    assert done.stderr.count("\n") == 1


def test_pytest_refuses_such_a_file_too(tmp_path):
    file = tree(tmp_path, without("BY_DEFAULT"))
    bench = str(ROOT / "bench")
    done = refused(tmp_path, "pytest", bench, "-p", "no:cacheprovider", "--data", "embedded")
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"the backend 'borrowed' has no BY_DEFAULT in {file}: define" in done.stderr


def test_a_file_that_cannot_be_imported_is_refused_by_its_name(tmp_path):
    file = tree(tmp_path, "import no_such_module\n")
    done = refused(tmp_path, "aebench", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"aebench: the backend 'borrowed' can't be imported from {file} (No module named "
        "'no_such_module'): repair the file.\n"
    )
