"""Test which settings are tried beside a contender."""

import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.plan.candidates import candidates


def test_settings_of_the_backend_and_half_the_cores_are_tried():
    assert candidates("jax", 1) == ["jax", "jax:steps=8", "jax:steps=32"]
    assert candidates("jax", 5)[-1] == "jax:threads=2"
    assert candidates("tensorflow", 1)[-1] == "tensorflow:jit,steps=32"
    assert candidates("numpy", 2) == ["numpy", "numpy:threads=1"]


def test_what_is_set_already_stays():
    assert candidates("tensorflow:precision=float32,jit", 1) == [
        "tensorflow:jit,precision=float32",
        "tensorflow:jit,steps=8,precision=float32",
        "tensorflow:jit,steps=32,precision=float32",
    ]


def test_without_a_compiler_torch_has_nothing_to_compile_with(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    assert candidates("torch", 2) == ["torch", "torch:threads=1"]


def test_cores_are_left_alone_where_they_cannot_be_limited(monkeypatch):
    monkeypatch.delattr("os.sched_setaffinity")
    assert candidates("jax", 4) == ["jax", "jax:steps=8", "jax:steps=32"]


@pytest.mark.parametrize(
    ("contender", "reason"),
    [
        ("theano", "is not a backend"),
        ("gemm", "isn't Keras"),
        ("native-jax", "isn't Keras"),
        ("jax@python", "leave @ out"),
        ("jax:fast", "is not a setting"),
        ("jax:steps=4", "has no settings that could be tried"),
        ("numpy", "has no settings that could be tried"),
    ],
)
def test_what_cannot_be_tuned_is_one_sentence(contender, reason):
    with pytest.raises(BadInputError, match=reason):
        candidates(contender, 1)
