"""Test what --model asks for; no code of a model is run."""

import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import Autoencoder
from aebench.bench.plan.model_refs import read

SOURCE = "raise SystemExit('was run')\n\ndef build(units=3): ...\n\ndef other(): ...\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def test_autoencoders_keep_their_names():
    assert [model.name for model in read(["ae400", "ae800-dropout", "autoencoder"])] == [
        *("ae400", "ae800-dropout", "ae400")
    ]
    assert all(isinstance(model, Autoencoder) for model in read(["ae400"]))


def test_a_file_is_described_and_not_run(file):
    (model,) = read([str(file)])
    assert (model.name, model.where, model.function) == ("mine", str(file), "build")
    assert model.folder == str(file.parent) and len(model.sha256) == 64
    (other,) = read([f"{file}:other"])
    assert (other.name, other.function) == ("mine:other", "other")


def test_parameters_make_models_of_their_own(file):
    found = read([str(file), "lstm"], ["units=3,5"])
    assert [model.name for model in found] == [
        *("mine units=3", "mine units=5", "lstm units=3", "lstm units=5")
    ]
    assert [model.parameters for model in found] == 2 * [{"units": 3}, {"units": 5}]


def test_a_module_is_found_by_a_worker_alone(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (model,) = read(["package.module:build"])
    assert (model.name, model.where, model.sha256) == ("package.module", "package.module", "")
    assert model.folder == str(tmp_path)


@pytest.mark.parametrize(
    ("word", "sets", "said"),
    [
        ("none.py", [], "there is no file none.py"),
        ("{file}:nothing", [], "has no function nothing"),
        ("{file}:", [], "names no function"),
        ("ae400", ["units=3"], "--set doesn't apply to ae400"),
        ("saved.keras", [], "there is no file saved.keras"),
        ("nonsense", [], "is not a model"),
    ],
)
def test_what_is_no_model_is_refused(file, word, sets, said):
    with pytest.raises(BadInputError, match=said):
        read([word.format(file=file)], sets)


def test_a_saved_model_has_no_parameters(tmp_path):
    path = tmp_path / "saved.keras"
    path.write_bytes(b"")
    with pytest.raises(BadInputError, match="no parameters"):
        read([str(path)], ["units=3"])
