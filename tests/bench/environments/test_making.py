"""Make a real environment, and say why one can't be made."""

import pytest

from aebench.bench.environments import making
from aebench.bench.environments.making import EnvironmentRequest
from aebench.bench.errors import BadInputError
from aebench.reports.duel import differences


@pytest.mark.slow
def test_an_environment_differs_in_what_was_asked_for_and_is_made_once(tmp_path):
    said = []
    wanted = EnvironmentRequest(("keras==3.15.0",))
    python = making.make(wanted, "gemm", tmp_path, said.append)
    here, there = making.installed_here(), making.installed(str(python))
    assert there["keras"] == "3.15.0"
    shared = {name: version for name, version in here.items() if name in there}
    assert differences(shared, there, {"keras"}) == []
    assert len(said) == 1 and "keras-3.15.0" in said[0]
    assert making.make(wanted, "gemm", tmp_path, said.append) == python
    assert len(said) == 1


@pytest.mark.slow
def test_what_cannot_be_installed_is_one_sentence_and_leaves_nothing(tmp_path):
    wanted = EnvironmentRequest(("keras==999.0",))
    with pytest.raises(BadInputError) as refused:
        making.make(wanted, "gemm", tmp_path, lambda text: None)
    sentence = str(refused.value)
    assert sentence.startswith("an environment with keras-999.0 can't be made: ")
    assert "\n" not in sentence and "keras" in sentence.partition(":")[2]
    assert not list(tmp_path.iterdir())


def test_an_interpreter_that_does_not_tell_has_no_packages(tmp_path):
    assert making.installed(str(tmp_path / "nowhere")) == {}
