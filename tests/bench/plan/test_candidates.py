"""Test which settings are tried beside a contender."""

import shutil

import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.plan.candidates import candidates, with_settings


def test_settings_of_the_backend_and_half_the_cores_are_tried():
    assert candidates("jax", 1) == [
        *("jax", "jax:steps=8", "jax:steps=32", "jax:input=pydataset", "jax:input=tf-data"),
        *("jax:steps=32,input=tf-data", "jax:switch=single-thread-eigen"),
        "jax:switch=wide-vectors",
    ]
    assert candidates("jax", 5)[-1] == "jax:threads=2"
    assert candidates("tensorflow", 1)[-2:] == [
        "tensorflow:jit,steps=32,input=tf-data",
        "tensorflow:switch=no-onednn",
    ]
    assert candidates("numpy", 2) == ["numpy", "numpy:threads=1"]


def test_what_is_set_already_stays():
    assert candidates("tensorflow:precision=float32,jit", 1) == [
        "tensorflow:jit,precision=float32",
        "tensorflow:jit,steps=8,precision=float32",
        "tensorflow:jit,steps=32,precision=float32",
        "tensorflow:jit,precision=float32,input=tf-data",
        "tensorflow:jit,steps=32,precision=float32,input=tf-data",
        "tensorflow:jit,precision=float32,switch=no-onednn",
    ]


def test_switches_of_the_compiler_are_tried_with_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", {"g++": "/g++"}.get)
    compiled = ["torch:jit,switch=cpp-wrapper", "torch:jit,switch=max-autotune"]
    assert [each for each in candidates("torch", 1) if "jit,switch" in each] == compiled
    assert [each for each in candidates("torch:jit", 1) if "switch" in each] == [
        *compiled,
        *("torch:jit,switch=mkl-avx2", "torch:jit,switch=onednn-avx2"),
    ]
    monkeypatch.setattr(shutil, "which", lambda name: f"/{name}")
    assert "torch:jit,switch=cuda-graphs" in candidates("torch", 1)


def test_a_setting_is_added_to_a_contender_unless_it_has_another_value():
    coarse = "precision=mixed_bfloat16"
    assert with_settings("torch:jit", coarse) == f"torch:jit,{coarse}"
    assert with_settings("torch:precision=float32", coarse) == ""
    assert with_settings(f"torch:{coarse}", coarse) == ""


def test_input_paths_are_tried_whose_package_is_there(monkeypatch):
    monkeypatch.setattr("aebench.bench.plan.candidates.find_spec", lambda name: None)
    assert not any("tf-data" in each for each in candidates("jax", 1))


def test_without_a_compiler_torch_has_nothing_to_compile_with(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    assert candidates("torch", 2) == [
        *("torch", "torch:input=pydataset", "torch:input=dataloader"),
        *("torch:switch=mkl-avx2", "torch:switch=onednn-avx2", "torch:threads=1"),
    ]


def test_cores_are_left_alone_where_they_cannot_be_limited(monkeypatch):
    monkeypatch.delattr("os.sched_setaffinity")
    assert not any("threads" in each for each in candidates("jax", 4))


@pytest.mark.parametrize(
    ("contender", "reason"),
    [
        ("theano", "is not a backend"),
        ("gemm", "isn't Keras"),
        ("native-jax", "isn't Keras"),
        ("jax@python", "leave @ out"),
        ("jax:fast", "is not a setting"),
        ("numpy", "has no settings that could be tried"),
    ],
)
def test_what_cannot_be_tuned_is_one_sentence(contender, reason):
    with pytest.raises(BadInputError, match=reason):
        candidates(contender, 1)
