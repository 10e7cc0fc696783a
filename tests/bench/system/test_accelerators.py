"""Test what is asked of NVIDIA's driver, with a program of its tool's name in its place."""

import os

import msgspec
import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.plan.resuming import check_machine
from aebench.bench.system import accelerators, machine
from aebench.bench.system.doctor.accelerator import accelerator
from helpers import sample

TOOL = """#!/bin/sh
case "$1" in
*=name,driver_version*) echo "{name}, 580.65.06, 700.00 W, Disabled" ;;
*=name) echo "{name}" ;;
*=utilization*) echo "{utilisation}, {reasons}" ;;
*=pid,used*) printf '{processes}' ;;
*=pid) printf '{processes}' | cut -d, -f1 ;;
*) exit 2 ;;
esac
"""


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Return a function that puts a driver's tool with given answers into place."""

    def install(name="NVIDIA H100", utilisation="0", reasons="0x0000000000000001", processes=""):
        path = tmp_path / "nvidia-smi"
        path.write_text(
            TOOL.format(name=name, utilisation=utilisation, reasons=reasons, processes=processes)
        )
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return install


def test_a_record_is_not_carried_on_with_another_card(driver):
    driver("NVIDIA H100")
    header = msgspec.structs.replace(sample.make().header, machine=machine.describe())
    assert header.machine.identity["accelerators"] == "NVIDIA H100, 580.65.06, 700.00 W, Disabled"
    check_machine(header)
    driver("NVIDIA H200")
    with pytest.raises(BadInputError, match=r"accelerators: .NVIDIA H100.*here .NVIDIA H200"):
        check_machine(header)
    here = msgspec.structs.replace(header, machine=machine.describe())
    assert here.machine.kind != header.machine.kind


def test_the_driver_tells_a_processs_memory(driver):
    assert accelerators.process_bytes(7) is None
    driver(processes="7, 512\\n8, 100\\n7, 12\\n9, [N/A]\\n")
    assert accelerators.process_bytes(7) == 524 * 2**20
    # In a container the driver may count by process ids of the host.
    assert accelerators.process_bytes(70) is None
    assert accelerators.process_bytes(9) is None


@pytest.mark.parametrize(
    ("answers", "ok", "says"),
    [
        ({}, True, "1, unused"),
        ({"utilisation": "97"}, False, "other work keeps one busy for 97 % of the time"),
        ({"processes": "7, 5\\n8, 6\\n"}, False, "2 other processes hold memory of them"),
        ({"reasons": "0x0000000000000060"}, False, "one is slowed down by its temperature"),
        ({"reasons": "0x0000000000000004"}, False, "one is slowed down by its power limit"),
        ({"utilisation": "[N/A]", "reasons": "[N/A]"}, True, "1, unused"),
    ],
)
def test_doctor_tells_who_uses_a_card_and_what_slows_it_down(driver, answers, ok, says):
    driver(**answers)
    found = accelerator()
    assert (found.ok, found.says) == (ok, says)
    assert bool(found.advice) == (not ok)


def test_without_a_driver_there_are_no_accelerators(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert accelerator().ok
    assert accelerators.query("gpu", "name") == []
    assert "accelerators" not in machine.identity()


def test_a_driver_that_knows_no_such_column_is_no_reason_for_a_verdict():
    told = {"name": [["card"]]}
    found = accelerator(lambda table, columns, units=True: told.get(columns, []))
    assert found.ok is None
