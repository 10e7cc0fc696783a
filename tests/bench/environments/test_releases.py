"""Test which releases lie between two."""

import pytest
from packaging.version import Version

from aebench.bench.environments import releases
from aebench.bench.errors import BadInputError

KNOWN = ["3.9.2", "3.10.0", "3.11.0", "3.11.1", "3.12.0"]


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(releases, "_released", lambda name: set(map(Version, KNOWN)))


def test_releases_are_in_the_order_of_their_numbers(known):
    assert releases.between("keras==3.9.2", "Keras==3.11.1") == [
        *("keras==3.9.2", "keras==3.10.0", "keras==3.11.0", "keras==3.11.1"),
    ]
    # What got faster is searched backwards.
    assert releases.between("keras==3.11.0", "keras==3.10.0") == ["keras==3.11.0", "keras==3.10.0"]


@pytest.mark.parametrize(
    ("good", "bad", "reason"),
    [
        ("keras==3.9.2", "jax==3.12.0", "aren't two versions of one package"),
        ("keras", "keras==3.12.0", "'keras' is not a package with a version"),
        ("keras>=3.9.2", "keras==3.12.0", "aren't two versions of one package"),
        ("keras==3.9.*", "keras==3.12.0", "aren't two versions of one package"),
        ("keras==3.9.2,jax==1", "keras==3.12.0", "aren't two versions of one package"),
        ("keras==3.9.2", "keras==new", "'keras==new' is not a package with a version"),
        ("keras==3.9.2", "keras==3.13.0", "pip finds no release 3.13.0 of keras"),
    ],
)
def test_anything_else_is_refused(known, good, bad, reason):
    with pytest.raises(BadInputError, match=reason):
        releases.between(good, bad)


@pytest.mark.slow
def test_pip_lists_real_releases():
    found = releases.between("keras==3.14.0", "keras==3.15.1")
    assert found[0] == "keras==3.14.0" and found[-1] == "keras==3.15.1" and len(found) >= 3
    with pytest.raises(BadInputError, match="pip can't list the releases of no-such-package-here"):
        releases.between("no-such-package-here==1", "no-such-package-here==2")
