"""Test the notices on footprints that contain frameworks of other contenders."""

import msgspec
import pytest

from aebench.reports.record import WorkerInfo
from aebench.reports.summary import summarise
from helpers import sample


@pytest.mark.parametrize(
    ("hosts", "begins"),
    [
        (["torch"], "In its footprint, torch holds jax too: "),
        (["torch", "tensorflow"], "In their footprints, torch and tensorflow hold jax too: "),
    ],
)
def test_a_footprint_with_another_framework_is_told(hosts, begins):
    base = sample.make()
    worker = base.of(WorkerInfo)[0]
    base.events += [
        msgspec.structs.replace(
            worker, pass_name="footprint", contender=host, frameworks_held=["jax", host]
        )
        for host in hosts
    ]
    (notice,) = (text for text in summarise(base).notices if "jax too" in text)
    assert notice.startswith(begins)
