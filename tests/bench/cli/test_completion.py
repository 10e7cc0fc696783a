"""Test completion in a real bash, with the script that the command prints."""

import shutil
import subprocess
import sys

import pytest

from aebench import backends
from aebench.bench import workloads
from aebench.bench.cli.commands import COMMANDS
from aebench.bench.data.choices import DATA
from aebench.bench.models.autoencoder import TABLE
from aebench.bench.models.catalogue import BUILT_IN, FAMILY
from aebench.bench.plan.presets import PASSES, PRESETS
from helpers.paths import CLEAN, ROOT

COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
$(complete -p aebench | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """Write the completion script for bash to a file."""
    written = subprocess.run(
        [sys.executable, "-m", "aebench", "completion", "bash"],
        capture_output=True,
        check=True,
        env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
    )
    path = tmp_path_factory.mktemp("completion") / "aebench.bash"
    path.write_bytes(written.stdout)
    return path


@pytest.fixture
def completed(script, tmp_path):
    """Return the completions of the last word, from a bash that can't start Python."""
    (tmp_path / "file.jsonl").touch()
    (tmp_path / "bin").mkdir()
    for tool in ("sed", "bash"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))

    def complete(*words):
        done = subprocess.run(
            ["bash", "-c", COMPLETE, "bash", str(script), "aebench", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PATH": str(tmp_path / "bin")},
        )
        assert done.stderr == ""
        return done.stdout.split()

    return complete


def test_commands_are_completed(completed):
    assert completed("") == [command.name for command in COMMANDS]
    assert completed("pro") == ["profile"]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--contender", ("all", *backends.built_in_names())),
        ("--backend", ("all", *backends.built_in_names())),
        ("--model", (*TABLE, *(name for name in BUILT_IN if name != FAMILY))),
        ("--preset", PRESETS),
        ("--pass", PASSES),
        ("--workload", workloads.names()),
        ("--data", DATA),
    ],
)
def test_values_of_options_are_completed(completed, option, values):
    assert completed("run", option, "") == list(values)
    first = next(iter(values))
    assert first in completed("run", option, first[:2])


def test_a_second_value_is_completed_too(completed):
    assert completed("run", "--backend", "jax", "to") == ["torch"]
    assert completed("run", "--backend", "jax", "--model", "ae400", "--pass", "spe") == ["speed"]


def test_options_and_paths_are_completed(completed):
    assert completed("profile", "--st") == ["--steps"]
    assert completed("parity", "--st") == []
    assert completed("show", "fi") == ["file.jsonl"]


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_a_script_with_the_same_words(aebench, shell):
    done = aebench("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("selfcheck", "native-jax", "ae800", "publish", "footprint"):
        assert word in done.stdout


def test_writing_the_script_imports_neither_keras_nor_numpy():
    code = (
        "import sys; from aebench.bench.cli.completion import script; script('bash');"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
    )
    heavy = {"keras", "numpy", "jax", "tensorflow", "torch", "scipy", "matplotlib", "msgspec"}
    assert not heavy & set(done.stdout.split())


def test_a_variable_of_completion_changes_nothing_in_a_run(aebench):
    usual = aebench("run", "--help").stdout
    for name in ("_AEBENCH_COMPLETE", "_ARGCOMPLETE", "COMP_LINE", "COMP_WORDS"):
        done = aebench("run", "--help", **{name: "complete_bash"})
        assert (done.returncode, done.stdout, done.stderr) == (0, usual, "")
