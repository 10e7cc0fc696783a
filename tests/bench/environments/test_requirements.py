"""Test what may be asked of an environment."""

import pytest

from aebench.bench.environments import requirements
from aebench.bench.errors import BadInputError


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("keras==3.14.1", ["keras"]),
        ("keras==3.14.1, jax==0.9.2", ["keras", "jax"]),
        ("ML_dtypes>=0.5", ["ml-dtypes"]),
        ("torch==2.13.0+cpu", ["torch"]),
        ("jax[cuda12]~=0.10", ["jax"]),
    ],
)
def test_packages_with_versions_are_read(text, packages):
    assert [requirements.package(each) for each in requirements.read(text)] == packages


@pytest.mark.parametrize(
    "text",
    [
        *("", "keras", "keras=3.14", "keras==3.14.1,", "./keras", "-r file==1", "--pre"),
        *("keras==3.14.1;x", "keras @ file:///x", "keras==3 jax==1", "==3", "keräs==1"),
        "keras==1,Keras==2",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(BadInputError, match=r"give (PACKAGE==VERSION|one version)"):
        requirements.read(text)


def test_a_label_is_a_name_for_a_folder():
    asked = requirements.read("keras==3.14.1,jax[cuda12]>=0.10")
    assert requirements.label(asked) == "keras-3.14.1-jax-cuda12-0.10"
