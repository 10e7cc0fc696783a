"""Check that old names of options and of a tox environment are answered with the new names."""

import configparser
import subprocess
import sys

import pytest

from helpers.paths import CLEAN, ROOT


@pytest.mark.parametrize(
    ("option", "now"),
    [
        (["--definition", "ae400"], "--definition is now called --model"),
        (["--definition=ae400"], "--definition is now called --model"),
        (["--yardsticks"], "--yardsticks is now called --baselines"),
        (["--no-yardsticks"], "--no-yardsticks is now called --no-baselines"),
        (
            ["--different-beyond", "10"],
            "--different-beyond is now called --margin: --margin 10, or --margin 1 3 for different "
            "beyond 1 % and the same within 3 %",
        ),
        (
            ["--same-within=0.5"],
            "--same-within is now called --margin: --margin 10, or --margin 1 3 for different "
            "beyond 1 % and the same within 3 %",
        ),
    ],
)
def test_a_renamed_option_says_its_new_name(aebench, option, now):
    for command in ("run", "parity", "profile"):
        done = aebench(command, "--data", "embedded", *option)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"aebench: {now}.\n"


def test_a_renamed_option_in_a_study_says_its_new_name(aebench, tmp_path):
    (tmp_path / "study.toml").write_text("definition = 'ae400'")
    done = aebench("run", "study.toml", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "aebench: study.toml: --definition is now called --model.\n"


def test_pytest_s_renamed_option_says_its_new_name(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(ROOT / "bench"), "-p", "no:cacheprovider"),
            *("--collect-only", "--definition", "ae400"),
        ],
        capture_output=True,
        text=True,
        env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
        cwd=tmp_path,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--definition is now called --model" in done.stderr


def test_tox_s_renamed_environment_says_its_new_name():
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    command = tox["testenv:duel"]["commands"]
    code = command.removeprefix("python -c ").strip("'")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr == "the environment duel is now called cross-environment\n"
    assert "testenv:cross-environment" in tox
