"""Install the wheel into a new environment outside of any checkout, and use it there."""

import importlib.util
import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes
from importlib.metadata import metadata
from pathlib import Path

import pytest

from helpers.paths import CLEAN, ROOT
from helpers.running import interpreter

pytestmark = pytest.mark.slow

SMALL = ("--data", "embedded", "--train-samples", "640", "--model", "ae50")
# The environment of the commands: its path doesn't contain the checkout.
OUTSIDE = {name: value for name, value in CLEAN.items() if not name.startswith("PYTHON")}
# Code that a worker runs first, to show what its path offers and which aebench it imports.
LOOK = """
import aebench, json
own = os.environ["PYTHONPATH"].split(os.pathsep)[1:]
with open({file!r}, "w") as file:
    json.dump(
        {{
            "offered": [sorted(os.listdir(folder)) for folder in own],
            "aebench": os.path.realpath(aebench.__file__),
            "path": sys.path,
        }},
        file,
    )
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the checkout, which stays unchanged."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("src", "bench", "backends", "reports"):
        left_out = shutil.ignore_patterns("__pycache__", "published", "*.egg-info")
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    # If the environment has the build's requirement, nothing is downloaded.
    isolation = ["--no-build-isolation"] if _has_setuptools() else []
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation),
            *("--wheel-dir", str(folder), str(source)),
        ],
        check=True,
        env=OUTSIDE,
        cwd=folder,
    )
    (made,) = folder.glob("*.whl")
    return made


def _has_setuptools():
    found = importlib.util.find_spec("setuptools")
    return bool(found) and int(metadata("setuptools")["Version"].partition(".")[0]) >= 77


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """Make an environment with the wheel that borrows the test environment's large dependencies.

    A ``.pth`` file adds the test environment's packages to the path. Python doesn't read the
    ``.pth`` files of an added folder: an editable installation of aebench there isn't found.
    """
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"),
            *("--no-deps", "--no-index", str(wheel)),
        ],
        check=True,
        env=OUTSIDE,
        cwd=folder,
    )
    # pip would take an aebench that it sees in the added folder for the wheel's.
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


@pytest.fixture
def installed(environment, tmp_path):
    """Run the installed command in an empty folder."""

    def run(*arguments):
        return subprocess.run(
            [str(environment / "bin" / "aebench"), *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=OUTSIDE,
            timeout=300,
        )

    return run


def test_the_wheel_holds_one_package_with_its_data_and_its_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        described = message_from_bytes(
            archive.read(next(name for name in names if name.endswith("/METADATA")))
        )
    tops = {name.partition("/")[0] for name in names}
    assert len(tops) == 2 and "aebench" in tops
    assert {
        "aebench/py.typed",
        "aebench/bench/data/mnist_5k.npz",
        "aebench/reports/templates/report.md.j2",
    } <= names
    assert not any("published" in name or "tests" in name for name in names)
    modules = {
        f"aebench/{path.relative_to(ROOT)}"
        for room in ("bench", "backends", "reports")
        for path in (ROOT / room).rglob("*.py")
    }
    assert modules <= names
    assert described["License-Expression"] == "Apache-2.0"
    assert described["License-File"] == "LICENSE"
    assert described["Author"] == "The aebench authors"


def test_list_and_doctor_work_outside_a_checkout(installed):
    for command, word in (("list", "842,009"), ("doctor", "cores")):
        done = installed(command)
        assert (done.returncode, done.stderr) == (0, "")
        assert word in done.stdout


def test_a_run_and_its_report_and_a_worker_that_gets_this_package_alone(
    installed, environment, tmp_path
):
    seen = tmp_path / "seen.json"
    other = interpreter(tmp_path / "other", python=LOOK.format(file=str(seen)))
    small = ("--pass", "footprint", "quality", "--epochs", "1", "--out", "kept")
    done = installed("run", *SMALL, *small, "--contender", "jax", f"jax@{other}")
    assert done.returncode == 0, done.stdout + done.stderr
    looked = json.loads(seen.read_text())
    # The interpreter's own folder comes first, followed by the path that aebench sets.
    assert looked["offered"] == [["aebench"]]
    installed_package = (environment / "lib").resolve()
    assert Path(looked["aebench"]).is_relative_to(installed_package)
    # The other interpreter must not import dependencies from aebench's own environment.
    assert not any(str(environment) in entry for entry in looked["path"])
    done = installed("report", "kept")
    assert done.returncode == 0, done.stderr
    assert "jax" in (tmp_path / "kept" / "report" / "README.md").read_text()


def test_the_python_interface_reads_a_record(environment, record):
    code = (
        "import sys, aebench; print(*sorted(n for n in sys.modules if n.startswith('aebench.')));"
        f"record = aebench.load({str(record)!r}); print(len(aebench.summarise(record).speed));"
        "print(aebench.__version__)"
    )
    done = subprocess.run(
        [str(environment / "bin" / "python"), "-c", code],
        capture_output=True,
        text=True,
        env=OUTSIDE,
        cwd=record.parent,
        check=True,
    )
    at_import, cells, version = done.stdout.split("\n")[:3]
    assert at_import == ""
    assert int(cells) > 0 and version == metadata("aebench")["Version"]
