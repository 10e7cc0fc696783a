import numpy as np
import pytest

import backends
from bench.datasets import EMBEDDED, Dataset
from bench.errors import BadInputError
from bench.estimate import stages
from bench.plan import Request, make
from bench.presets import PRESETS

DATA = Dataset(
    "data", np.zeros((60000, 28, 28), np.uint8), np.zeros((10000, 28, 28), np.uint8), EMBEDDED
)


def installed(monkeypatch, *names):
    """Pretend that these are the backends installed: environments without some aren't at hand."""
    monkeypatch.setattr(
        backends, "installed_version", lambda name: "1.0" if name in names else None
    )


def test_presets_are_the_protocols():
    sizes = {name: (each.launches, each.blocks) for name, each in PRESETS.items()}
    assert sizes == {"quick": (1, 16), "standard": (5, 24), "publish": (8, 64)}
    assert PRESETS["quick"].definitions == ("ae400", "ae800", "ae800-dropout")


@pytest.mark.parametrize(("count", "blocks"), [(1, 16), (2, 16), (3, 18)])
def test_blocks_are_a_multiple_of_the_design(monkeypatch, count, blocks):
    installed(monkeypatch, *backends.NAMES[:count])
    assert make(Request(), DATA).info.blocks == blocks


def test_what_is_missing_is_a_row_unless_it_was_asked_for(monkeypatch):
    installed(monkeypatch, "torch")
    plan = make(Request(), DATA)
    assert [each.name for each in plan.running] == ["torch"]
    assert "pip install" in next(each for each in plan.contenders if each.missing).missing
    assert plan.info.reference == "torch"
    with pytest.raises(BadInputError, match=r"jax isn't installed: pip install .*\[jax\]"):
        make(Request(backends=["jax"]), DATA)


def test_no_backend_at_all_says_what_to_type(monkeypatch):
    installed(monkeypatch)
    with pytest.raises(BadInputError, match=r"pip install .*\[cpu\]"):
        make(Request(), DATA)


def test_reference(monkeypatch):
    installed(monkeypatch, "tensorflow", "torch", "jax")
    assert make(Request(), DATA).info.reference == "jax"
    assert make(Request(reference="torch"), DATA).info.reference == "torch"
    assert make(Request(backends=["torch", "tensorflow"]), DATA).info.reference == "tensorflow"


def test_names_are_taken_once(monkeypatch):
    installed(monkeypatch, "jax")
    asked = Request(definitions=["ae800-dropout", "ae800-dropout0.3"], batch_sizes=[32, 32])
    plan = make(asked, DATA)
    assert [each.name for each in plan.definitions] == ["ae800-dropout"]
    assert plan.info.batch_sizes == [32]


def test_quick_trains_on_less_and_an_explicit_size_wins(monkeypatch):
    installed(monkeypatch, "jax")
    assert make(Request(), DATA).info.quality_train_samples == 10_000
    assert make(Request(preset="standard"), DATA).info.quality_train_samples == 60_000
    assert make(Request(train_samples=60_000), DATA).info.quality_train_samples == 60_000


def test_an_estimate_grows_with_the_work(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    total = {
        name: sum(stage.seconds for stage in stages(make(Request(preset=name), DATA), 60000, 10000))
        for name in PRESETS
    }
    assert 60 < total["quick"] < total["standard"] < total["publish"]
