"""Test what an inspection finds of users' models, with real workers."""

import itertools
import re
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from aebench import backends
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.campaign.inspection import InspectionInputs, inspect
from aebench.bench.data.model_data import least
from aebench.bench.errors import BadInputError
from aebench.bench.plan.model_refs import read
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.protocol import trees
from aebench.bench.protocol.messages.inspection import Inspect, Inspected, InspectionJob
from aebench.bench.protocol.samples import SampleSource
from aebench.bench.worker.sample_files import mapped
from aebench.reports.record import ContenderInfo

# Keras starts soonest on NumPy, and nothing is trained here.
NUMPY = ContenderInfo("numpy", "numpy", "1")
SPLITS = ("train", "test")
CLASSIFIER = """
import keras

def build(units=8, rate=0.1):
    print("built")
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(rate),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    return model
"""
DATA = """
import numpy as np

def data():
    x = np.random.default_rng(0).random((320, 6))
    y = x[:, :3].argmax(axis=1)
    return (x, y), (x[:64], y[:64])
"""


def inspected(folder, text, sets=(), npz="", train_samples=0, seeds=1, contenders=(NUMPY,)):
    path = folder / "mine.py"
    path.write_text(textwrap.dedent(text))
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    inputs = InspectionInputs(list(contenders), npz, train_samples, seeds, scratch, 120.0)
    return inspect(read([str(path)], sets), inputs)


@pytest.mark.slow
def test_a_model_is_built_once_and_known(tmp_path):
    ((model, data),) = inspected(tmp_path, CLASSIFIER + DATA, seeds=2, train_samples=256)
    assert model.parameters == 6 * 8 + 8 + 8 * 3 + 3
    assert model.weight_bytes == 4 * model.parameters
    assert model.optimiser_bytes == 2 * model.weight_bytes + 4 + 4
    assert model.forward_operations == 2 * (6 * 8 + 8 * 3)
    assert (model.no_training, model.form) == ("", None)
    assert data.sizes == (256, 64) and data.info.name == "mine.py" and not data.info.notice
    train = mapped(data.train)
    assert (train.x.dtype, train.x.shape, train.y.shape) == (np.float32, (256, 6), (256,))
    weights = [np.load(Path(model.weights) / f"{seed}.npz") for seed in range(2)]
    shapes = [[each[name].shape for name in each.files] for each in weights]
    assert shapes == 2 * [[(6, 8), (8,), (8, 3), (3,)]]
    assert np.any(weights[0]["0"] != weights[1]["0"])
    with np.load(data.npz) as arrays:
        assert np.array_equal(arrays[data.array_names.x], train.x)


@pytest.mark.slow
def test_an_npz_comes_before_data(tmp_path):
    x = np.random.default_rng(1).random((100, 6), np.float32)
    y = np.zeros(100, np.int32)
    np.savez(tmp_path / "my.npz", x_train=x, y_train=y, x_test=x[:50], y_test=y[:50])
    ((_, data),) = inspected(tmp_path, CLASSIFIER + DATA, npz=str(tmp_path / "my.npz"))
    assert data.sizes == (100, 50) and data.info.name == "my.npz"


# A model's file, values of its parameters, and what is said of it.
BAD = [
    (CLASSIFIER, ["depth=2"], "has no parameter depth: it has units, rate"),
    (CLASSIFIER.replace("units=8", "units"), [], "can't be built without a value of units"),
    (CLASSIFIER, ["units=wide"], "can't be built with units=wide: .* so give a number"),
    (CLASSIFIER, ["rate=true"], "can't be built with rate=True: .* so give a number"),
    (CLASSIFIER, ["units=-1"], r"mine units=-1 can't be built: .*line 9 of mine\.py"),
    ("def build():\n    return 3\n", [], "returned int and must return a Keras model"),
    ("import nothing_here\n\ndef build(): ...\n", [], "can't be loaded: ModuleNotFoundError"),
    (CLASSIFIER.replace("keras.Input((6,)),", ""), [], "doesn't say what inputs it takes"),
    (CLASSIFIER + DATA.replace("(320, 6)", "(320, 7)"), [], "takes 6 numbers per sample"),
    (CLASSIFIER + DATA.replace("argmax(axis=1)", "argmax(axis=1) + 1"), [], "from 1 to 3"),
    (CLASSIFIER + DATA.replace("    y =", "    x[0] = np.nan; y ="), [], "aren't finite"),
    (CLASSIFIER + DATA.replace("(x, y),", "(x, y[:-1]),"), [], "319, 320 by their arrays"),
    (CLASSIFIER + DATA.replace("return (x", "return x, (x"), [], r"data\(\) of the model mine"),
    (CLASSIFIER + DATA.replace("(x, y), (x[:64], y[:64])", "x, y"), [], "must return"),
    (CLASSIFIER + DATA.replace("(x, y),", "(x,),"), [], "no targets, which its loss needs"),
]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_one_sentence(asked, number):
    *_, said = BAD[number]
    (told,) = asked[f"bad {number}"]
    assert re.search(said, told.problem)
    assert "\n" not in told.problem and "Traceback" not in told.problem


@pytest.mark.slow
def test_the_parent_refuses_it(tmp_path):
    with pytest.raises(BadInputError, match="returned int and must return a Keras model"):
        inspected(tmp_path, "def build():\n    return 3\n")


@pytest.mark.slow
def test_a_worker_that_dies_is_one_sentence(tmp_path):
    with pytest.raises(BadInputError, match="a worker of numpy exited with code 7"):
        inspected(tmp_path, "import os\n\ndef build():\n    os._exit(7)\n")


@pytest.mark.slow
def test_modules_beside_the_file_can_be_imported_and_a_module_can_be_named(tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text("UNITS = 5\n")
    text = "from beside import UNITS\n" + textwrap.dedent(CLASSIFIER.replace("=8", "=UNITS"))
    ((model, _),) = inspected(tmp_path, text)
    assert model.parameters == 6 * 5 + 5 + 5 * 3 + 3
    monkeypatch.chdir(tmp_path)
    inputs = InspectionInputs([NUMPY], "", 0, 1, tmp_path / "scratch" / "again", 120.0)
    inputs.scratch.mkdir()
    ((again, _),) = inspect(read(["mine:build"]), inputs)
    assert (again.parameters, again.description.sha256) == (
        model.parameters,
        model.description.sha256,
    )


UNCOMPILED = CLASSIFIER.replace('model.compile(loss="', 'str("').replace(', optimizer="adam"', "")
EMBEDDINGS = """
import keras

def build():
    few = keras.Input((4,), dtype="int32", name="few")
    many = keras.Input((5,), dtype="int32", name="many")
    x = keras.layers.Flatten()(keras.layers.Embedding(3, 2)(few))
    y = keras.layers.Flatten()(keras.layers.Embedding(50, 2)(many))
    z = keras.layers.Dense(1)(keras.layers.Concatenate()([x, y]))
    model = keras.Model({"few": few, "many": many}, z)
    model.compile(loss="mse", optimizer="sgd")
    return model
"""
ONE_NUMBER = CLASSIFIER.replace("(6,)", "(1,)").replace(
    '"sparse_categorical_crossentropy"',
    "keras.losses.SparseCategoricalCrossentropy(ignore_class=255)",
)
IGNORED = """
import numpy as np

def data():
    x = np.linspace(0, 1, 100)
    y = np.where(np.arange(100) % 10, np.arange(100) % 3, 255)
    return (x, y), (x, y)
"""
# Models' files, and values of their parameters.
GOOD = {
    "subnormal": (CLASSIFIER + DATA.replace("y = x", "x[300, 5] = 1e-40\n    y = x"), []),
    "drawn": (CLASSIFIER, []),
    "embeddings": (EMBEDDINGS, []),
    "one number": (ONE_NUMBER + IGNORED, []),
    "no function": ("data = [1, 2]\n" + CLASSIFIER, []),
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Return what one worker says of many models: most of a worker's time is its start."""
    folder = tmp_path_factory.mktemp("models")
    descriptions = {}
    files = GOOD | {f"bad {number}": bad[:2] for number, bad in enumerate(BAD)}
    for name, (text, sets) in files.items():
        path = folder / name / "mine.py"
        path.parent.mkdir()
        path.write_text(text)
        descriptions[name] = read([str(path)], sets)
    nothing = SampleSource("", "")
    module = backends.module_name("numpy")
    for name in ("found", "scratch"):
        (folder / name).mkdir()
    (first, *_) = descriptions["drawn"]
    job = InspectionJob(
        "numpy", module, {}, first, 0, 0, nothing, nothing, str(folder / "found"), "", 0, 1
    )
    fleet = Fleet(folder / "scratch", 120.0)
    numbers = itertools.count()
    try:
        worker = fleet.start("numpy", job, sys.executable)
        return {
            name: [worker.ask(Inspect(each, next(numbers)), Inspected) for each in of_file]
            for name, of_file in descriptions.items()
        }
    finally:
        fleet.close()


@pytest.mark.slow
def test_subnormal_numbers_in_samples_are_told(asked):
    (told,) = asked["subnormal"]
    assert told.samples.notice.startswith("Some numbers in the samples of mine are subnormal")


@pytest.mark.slow
def test_samples_are_drawn_where_there_are_none(asked):
    (told,) = asked["drawn"]
    assert "drawn from its inputs: its losses mean nothing" in told.samples.notice
    train = mapped(told.samples.train)
    assert train.x.shape == (4096, 6) and set(np.unique(train.y)) == {0, 1, 2}
    assert told.samples.train_sha256 != told.samples.test_sha256


@pytest.mark.slow
def test_integers_are_drawn_within_the_rows_of_the_embedding_that_reads_them(asked):
    (told,) = asked["embeddings"]
    train = mapped(told.samples.train)
    assert {name: int(array.max()) for name, array in train.x.items()} == {"few": 2, "many": 49}
    assert [each.shape[1:] for each in trees.leaves(train.x)] == [(4,), (5,)]


@pytest.mark.slow
def test_a_last_axis_of_one_number_may_be_left_out_and_classes_may_be_ignored(asked):
    (told,) = asked["one number"]
    assert mapped(told.samples.train).x.shape == (100,)


@pytest.mark.slow
def test_something_else_called_data_gives_no_samples(asked):
    (told,) = asked["no function"]
    assert "drawn from its inputs" in told.samples.notice


@pytest.mark.slow
def test_a_model_that_is_not_compiled_predicts_alone(tmp_path):
    ((model, data),) = inspected(tmp_path, UNCOMPILED)
    assert model.no_training == "its model isn't compiled"
    asked = Request(backends=["jax"], models=["mine.py"], passes=["quality", "profile"])
    with pytest.raises(
        BadInputError, match="mine can't be trained, since its model isn't compiled"
    ):
        plan_from_request(asked, data.counts, [model], run=False)


@pytest.mark.slow
def test_two_models_of_a_file_make_a_plan_and_share_their_samples(tmp_path):
    found = inspected(tmp_path, CLASSIFIER + DATA, ["units=4,8"])
    counts = least([each.data.counts for each in found])
    asked = Request(backends=["jax"], models=["mine.py"])
    plan = plan_from_request(asked, counts, [each.model for each in found], run=False)
    assert [model.name for model in plan.models] == ["mine units=4", "mine units=8"]
    assert plan.tasks() and all("native" in each.unsupported for each in plan.describe_models())
    one, other = found
    assert one.data == other.data
    assert one.model.weights != other.model.weights


SHOP = """
import keras

class Shop(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(4)
        self.price = keras.layers.Dense(1)
        self.sold = keras.layers.Dense(3, activation="softmax")

    def call(self, inputs):
        x = keras.ops.concatenate([inputs["long"], inputs["wide"]], axis=-1)
        x = self.hidden(x)
        return {"sold": self.sold(x), "price": self.price(x)}

def build():
    model = Shop()
    model({"wide": keras.Input((5,)), "long": keras.Input((2,))})
    model.compile("adam", {"sold": "sparse_categorical_crossentropy", "price": "mse"})
    return model
"""


@pytest.mark.slow
def test_of_a_model_class_with_named_ends_each_gets_its_own_samples(tmp_path):
    ((model, data),) = inspected(tmp_path, SHOP)
    train = mapped(data.train)
    assert {name: each.shape[1:] for name, each in train.x.items()} == {"long": (2,), "wide": (5,)}
    assert (train.y["price"].shape[1:], train.y["price"].dtype) == ((1,), np.float32)
    assert set(np.unique(train.y["sold"])) == {0, 1, 2}
    # What its own class computes isn't known.
    assert (model.parameters, model.forward_operations) == (7 * 4 + 4 + 4 + 1 + 12 + 3, None)
    path = tmp_path / "my.npz"
    arrays = {f"{name}_{split}": each for name, each in train.x.items() for split in SPLITS}
    np.savez(path, **arrays)
    with pytest.raises(BadInputError, match="no targets"):
        inspected(tmp_path, SHOP, npz=str(path))
    del arrays["long_test"]
    np.savez(path, **arrays)
    with pytest.raises(BadInputError, match=r"needs x_test or .*long_test"):
        inspected(tmp_path, SHOP, npz=str(path))


@pytest.mark.slow
def test_inspecting_leaves_the_folder_for_the_run(tmp_path):
    inspected(tmp_path, CLASSIFIER)
    # The fleet that measures has the same folder.
    Fleet(tmp_path / "scratch", 60.0).close()
