"""Test how a record describes the machine."""

import pytest

from aebench.bench.system import machine


@pytest.mark.parametrize(
    ("value", "told"),
    [("2", "2"), ("\udcff\n", "\\udcff\n"), ("\udcff" * 10**5, ("\\udcff" * 10**5)[: 2**17])],
)
def test_the_environment_can_be_written_to_a_record(monkeypatch, value, told):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert machine.describe().environment["OMP_NUM_THREADS"] == told
