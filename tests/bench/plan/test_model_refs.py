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
        *("ae400", "ae800-dropout")
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
        ("nonsense", [], "is not a model: use an autoencoder such as ae400, conv-classifier"),
        ("ae401", [], "gives no chain of halves"),
        (":build", [], "names neither a module nor a file"),
        ("my model:build", [], "names neither a module nor a file"),
        ("{file}", [f"units={'w' * 600}"], "too long a name"),
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


def test_parameters_need_a_model():
    with pytest.raises(BadInputError, match="name it with --model"):
        read([], ["units=3"])


def test_a_file_that_is_no_python_is_refused_with_the_line(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("import keras\n\ndef build(:\n")
    with pytest.raises(BadInputError, match=r"can't be read as Python: .* \(line 3\)"):
        read([str(path)])


def test_two_models_of_one_name_are_refused_and_one_named_twice_is_measured_once(file, tmp_path):
    other = tmp_path / "other" / "mine.py"
    other.parent.mkdir()
    other.write_text(SOURCE.replace("units=3", "units=4"))
    assert [model.name for model in read([str(file), str(file), "lstm", "lstm"])] == [
        *("mine", "lstm")
    ]
    with pytest.raises(BadInputError, match="two models would be called 'mine'"):
        read([str(file), str(other)])


def test_the_colon_of_a_path_names_no_function(file, tmp_path):
    strange = tmp_path / "C:mine.py"
    strange.write_text(SOURCE)
    (model,) = read([str(strange)])
    assert (model.name, model.function) == ("C:mine", "build")
